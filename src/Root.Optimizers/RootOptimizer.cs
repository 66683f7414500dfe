using Root.Optimizers.AdaNewton;
using Root.Optimizers.Core;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Outliers;
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
public partial class RootOptimizer : OrthogonalizingOptimizer<RootOptimizer.Options>
{
    private readonly CoefficientLearner _learner = new();

    /// <summary>The coefficients of the first group; of all groups, unless some have a table of their own.</summary>
    public Coefficients Coefficients => ((Options)Groups[0].Options).coefficients;

    /// <inheritdoc />
    protected override void Update(MatrixBatch batch, Options options)
    {
        var M = batch.Accumulate(options.momentum, options.nesterov);
        if (options.ThresholdOf(M) is { } eps)
        {
            OutlierSplit.ToBase_(M, eps);
            batch.Watch?.OnSplit(eps);
        }
        var B = Balance_(M, options);
        if (options is { learn_coefficients: true, coefficients: CoefficientTable table })
        {
            _learner.Observe(batch, B, table, options.Steps);
            batch.Watch?.OnLearned();
        }
        var (schedule, dtype) = (options.coefficients.For(batch.Shape.Rows, batch.Shape.Columns, options.Steps),
            batch.TypeFor(options.precision));
        var U = Orthogonalize(B, schedule, dtype);
        batch.Watch?.OnOrthogonalized(U, schedule.ForType(dtype), FitError(batch.Shape, options));
        Descend(batch, U, options);
    }

    private static double? FitError(MatrixShape shape, Options options) =>
        (options.coefficients as CoefficientTable)?.Find(shape.Rows, shape.Columns, options.Steps)?.Error;

    private protected override void OnStepping(IEnumerable<MatrixPart> parts) => _learner.TakeTurns(parts);

    private protected override byte[] Findings() => _learner.Findings(table => Groups.TakeWhile(group => TableOf(group) != table).Count());

    private protected override void Take(byte[] findings) => _learner.Take(findings, group => TableOf(Groups[group])!);

    private static CoefficientTable? TableOf(Group group) => ((Options)group.Options).coefficients as CoefficientTable;

    private protected override void OnStepped() => _learner.Apply();

    /// <summary>
    /// Orthogonalizes a batch; a subclass may do it another way, or not at all (then the step is SGD's with momentum).
    /// </summary>
    /// <param name="B">(b, m, n), in the parameters' type or float32, whichever is wider; may be overwritten or disposed.</param>
    /// <param name="schedule">The coefficients of this shape.</param>
    /// <param name="dtype">The element type of the iteration.</param>
    /// <returns>(b, m, n), near U V^T of each matrix.</returns>
    protected virtual Tensor Orthogonalize(Tensor B, NewtonSchulzSchedule schedule, ScalarType dtype) =>
        NewtonSchulz.Orthogonalize_(B, schedule.ForType(dtype), dtype);
}
