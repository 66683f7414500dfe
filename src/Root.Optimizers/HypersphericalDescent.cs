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
/// Weights that are not of norm 1 are divided by their norm at construction; <see cref="ManifoldOptimizer.Placements"/>
/// says which. Weight decay acts in the AdamW fallback only.
/// </remarks>
public partial class HypersphericalDescent : ManifoldOptimizer
{
    /// <summary>
    /// Hyperspherical descent's hyperparameters. The learning rate is the tangent of the angle that a step turns a
    /// weight by. Defaults: lr 0.1, momentum 0, and for the AdamW fallback a hundredth of the learning rate, betas
    /// (0.9, 0.95), eps 1e-8, no weight decay.
    /// </summary>
    public sealed class Options : ManifoldOptions
    {
        internal static Options Of(double lr, double momentum, Manifold manifold, bool initialize) =>
            new() { LearningRate = lr, momentum = momentum, manifold = manifold, initialize = initialize };

        internal Options WithDefaults()
        {
            var options = (Options)Copy();
            options.InheritFrom(new Options
            {
                LearningRate = 0.1,
                momentum = 0,
                weight_decay = 0,
                betas = (0.9, 0.95),
                eps = 1e-8,
                fallback_lr_factor = 0.01,
                manifold = Manifold.Sphere,
                radius = Radius.One,
                initialize = true,
            });
            return options;
        }

        private protected override void CheckManifold(Manifold? chosen)
        {
            if (chosen is not (Manifold.Sphere or Manifold.UnitRows or Manifold.UnitColumns))
                throw Require.Invalid(nameof(manifold), chosen, "Sphere, UnitRows or UnitColumns");
        }
    }
}
