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
        /// <summary>The Newton-Schulz steps and their coefficients.</summary>
        public NewtonSchulzSchedule schedule { get => GetOrMake(() => PublishedSchedules.Muon()); set => Set(value); }

        /// <summary>How the learning rate depends on the shape.</summary>
        public override LrScale lr_scale { get => Get(LrScale.KellerJordan); set => Set(value); }
    }
}
