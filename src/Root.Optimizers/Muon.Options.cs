using Root.Optimizers.AdaNewton;
using Root.Optimizers.Core;
using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers;

public partial class Muon
{
    /// <summary>
    /// Muon's hyperparameters. Defaults are those of torch.optim.Muon: lr 1e-3, weight_decay 0.1, momentum 0.95, nesterov,
    /// five steps of (3.4445, -4.7750, 2.0315), <see cref="LrScale.KellerJordan"/>; and for the AdamW fallback, which it
    /// lacks, ROOT's betas (0.9, 0.95), eps 1e-8, at the same learning rate and weight decay.
    /// </summary>
    public sealed class Options : OrthogonalizingOptions
    {
        /// <summary>Newton-Schulz steps, at least 1; <see cref="Coefficients.Fixed"/> coefficients have a number of their own.</summary>
        public int ns_steps { get => Get(5); set => Set(value); }

        /// <summary>The coefficients of every shape.</summary>
        public Coefficients coefficients { get => Get(Coefficients.Muon); set => Set(value); }

        /// <summary>How the learning rate depends on the shape.</summary>
        public override LrScale lr_scale { get => Get(LrScale.KellerJordan); set => Set(value); }

        /// <inheritdoc />
        protected internal override void Validate()
        {
            base.Validate();
            ArgumentNullException.ThrowIfNull(coefficients);
            Require.Between(ns_steps, 1, NewtonSchulzSchedule.MostSteps);
        }
    }
}
