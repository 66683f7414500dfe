using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

public partial class ManifoldMuon
{
    /// <summary>
    /// Manifold Muon's hyperparameters. The learning rate is the spectral length of a step in units of the radius: a
    /// step turns no direction by more than arctan(lr). Defaults: lr 0.1, momentum 0, no weight decay, and for the
    /// AdamW fallback a hundredth of the learning rate, betas (0.9, 0.95), eps 1e-8.
    /// </summary>
    public sealed class Options : ManifoldOptions
    {
        /// <summary>How the direction on the Stiefel manifold is found.</summary>
        public StiefelSolver solver { get => Get<StiefelSolver>(Exact); set => Set(value); }

        internal override double Tolerance(ScalarType dtype) => base.Tolerance(solver.RoundingOf(dtype));

        /// <inheritdoc />
        protected internal override void Validate()
        {
            base.Validate();
            ArgumentNullException.ThrowIfNull(solver);
            solver.Validate();
        }

        private static readonly StiefelSolver.Exact Exact = new();
    }
}
