using Root.Optimizers.Core;
using Root.Optimizers.Manifolds;

namespace Root.Optimizers;

/// <summary>
/// Hyperspherical descent (Bernstein, "Modular Manifolds", Thinking Machines, 2025): weights of norm 1, moved along
/// great circles. For every matrix of the model, read as one vector w (or each row or column as one)
/// <code>
/// m &lt;- mu m + g                              momentum, in the ambient space; mu = 0 as published
/// a  = m - w &lt;w, m&gt;, a / ||a||
/// w &lt;- (w - lr a) / ||w - lr a||
/// </code>
/// Parameters that are no matrices, embeddings and output heads go to a built-in AdamW unless a route sends them here
/// (see <see cref="MatrixOptimizer.Routing"/>).
/// </summary>
/// <remarks>
/// Weights that are not of norm 1 are divided by their norm at construction; <see cref="ManifoldOptimizer{TOptions}.Placements"/>
/// says which. Weight decay acts in the AdamW fallback only.
/// </remarks>
public partial class HypersphericalDescent : ManifoldOptimizer<HypersphericalDescent.Options>
{
    /// <inheritdoc />
    protected override void Update(MatrixBatch batch, Options options)
    {
        var sphere = (Sphere)((Home)batch.Plan!).Manifold;
        var m = batch.Accumulate(options.momentum, nesterov: false);
        Move(batch, options, (w, lr) => (sphere.Retract(w, sphere.Direction(w, m), lr), sphere.Distances(w)));
    }

    /// <summary>
    /// Hyperspherical descent's hyperparameters. The learning rate is the tangent of the angle that a step turns a
    /// weight by. Defaults: lr 0.1, momentum 0, and for the AdamW fallback a hundredth of the learning rate, betas
    /// (0.9, 0.95), eps 1e-8, no weight decay.
    /// </summary>
    public sealed class Options : ManifoldOptions
    {
        /// <summary>Whether a tensor, each of its rows or each of its columns is one unit vector.</summary>
        [NotSaved]
        public override Manifold manifold { get => Get(Manifold.Sphere); set => Set(value); }

        private protected override void CheckManifold(Manifold manifold)
        {
            if (manifold is not Sphere) throw Require.Invalid(nameof(manifold), manifold, "Sphere, UnitRows or UnitColumns");
        }
    }
}
