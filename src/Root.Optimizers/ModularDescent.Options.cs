namespace Root.Optimizers;

public sealed partial class ModularDescent
{
    /// <summary>
    /// Modular descent's hyperparameters. Defaults: lr 0.1, momentum 0.9, no weight decay, and for the AdamW fallback a
    /// hundredth of the learning rate, betas (0.9, 0.95), eps 1e-8. The budget is the optimizer's own.
    /// </summary>
    public sealed class Options : MatrixOptions
    {
        /// <summary>Momentum mu, in [0, 1].</summary>
        public override double momentum { get => Get(0.9); set => Set(value); }

        /// <summary>Decoupled weight decay, scaled by the share as the learning rate is. At least 0.</summary>
        public override double weight_decay { get => Get(0.0); set => Set(value); }

        /// <summary>The AdamW fallback's learning rate is this times the group's. At least 0.</summary>
        public override double fallback_lr_factor { get => Get(0.01); set => Set(value); }

        /// <summary>The element type of matrix signs.</summary>
        public Precision precision { get => Get(Precision.Automatic); set => Set(value); }

        /// <inheritdoc />
        protected override double DefaultLearningRate => 0.1;

        /// <inheritdoc />
        protected internal override void Validate()
        {
            base.Validate();
            Require.Defined(precision);
        }
    }
}
