using Root.Optimizers.Core;
using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers;

/// <summary>
/// Muon (Jordan et al., 2024, github.com/KellerJordan/Muon), with the hyperparameters of torch.optim.Muon: for every
/// matrix of the model
/// <code>
/// M     &lt;- mu M + (1 - mu) G                    momentum; with Nesterov mu M + (1 - mu) G of the new M in its place
/// U      = NewtonSchulz(M)                      five steps of (3.4445, -4.7750, 2.0315)
/// theta &lt;- (1 - lr * decay) theta - lr * scale(m, n) * U
/// </code>
/// Parameters that are no matrices, embeddings and output heads go to a built-in AdamW (see
/// <see cref="MatrixOptimizer.Routing"/>). Convolutions are flattened to (out, in * kh * kw).
/// </summary>
public partial class Muon : OrthogonalizingOptimizer<Muon.Options>
{
    /// <inheritdoc />
    protected override void Update(MatrixBatch batch, Options options)
    {
        var M = Balance_(batch.Average(options.momentum, options.nesterov), options);
        var dtype = batch.TypeFor(options.precision);
        var schedule = options.coefficients.For(batch.Shape.Rows, batch.Shape.Columns, options.ns_steps).ForType(dtype);
        var U = NewtonSchulz.Orthogonalize_(M, schedule, dtype);
        batch.Watch?.OnOrthogonalized(U, schedule);
        Descend(batch, U, options);
    }
}
