using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Outliers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// ROOT, the Robust Orthogonalized Optimizer (He et al., arXiv 2511.20626): for every matrix of the model
/// <code>
/// M     &lt;- mu M + G                            momentum; with Nesterov G + mu M in its place
/// O      = T_eps[M]                             outliers: soft threshold at a quantile of |M|
/// B      = M - O                                the base, clamp(M, -eps, eps)
/// U      = NewtonSchulz(B)                      AdaNewton: with coefficients of the shape (m, n), learned from B
/// theta &lt;- (1 - lr * decay) theta - lr * scale(m, n) * U
/// </code>
/// Parameters that are no matrices, embeddings and output heads go to a built-in AdamW (see
/// <see cref="MatrixOptimizer.Routing"/>). Convolutions are flattened to (out, in * kh * kw).
/// </summary>
public partial class RootOptimizer : MatrixOptimizer
{
    private protected override void Update(MatrixBatch batch, MatrixOptions groupOptions)
    {
        var options = (Options)groupOptions;
        var M = batch.Accumulate(options.momentum!.Value, options.nesterov!.Value);
        var B = options.outlier_quantile < 1
            ? OutlierSplit.ToBase_(M, OutlierSplit.Threshold(M, options.outlier_quantile.Value, options.exact_quantile!.Value))
            : M;
        if (options.learn_coefficients!.Value && CoefficientLearner.IsDue(batch.Step) && batch.InTurn(B) is { } matrix)
            CoefficientLearner.Learn(options.coefficients!, matrix, options.ns_steps!.Value, batch.Step);
        var U = Orthogonalize(B, options.coefficients!.For(batch.Rows, batch.Columns, options.ns_steps!.Value),
            options.precision!.Value.Resolve(batch));
        batch.Descend(U, options.LearningRate!.Value, options.lr_scale!.Value.Factor(batch.Rows, batch.Columns),
            options.weight_decay!.Value, options.cautious!.Value);
    }

    /// <summary>
    /// Orthogonalizes a batch; a subclass may do it another way, or not at all (then the step is SGD's with momentum).
    /// </summary>
    /// <param name="B">(b, m, n), in the parameters' type or float32, whichever is wider; may be overwritten or disposed.</param>
    /// <param name="coefficients">The coefficients of this shape.</param>
    /// <param name="dtype">The element type of the iteration.</param>
    /// <returns>(b, m, n), near U V^T of each matrix.</returns>
    protected virtual Tensor Orthogonalize(Tensor B, CoefficientEntry coefficients, ScalarType dtype) =>
        NewtonSchulz.Orthogonalize(B, coefficients.In(dtype), dtype, coefficients.Normalisation, consume: true);
}
