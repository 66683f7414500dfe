using TorchSharp.Modules;

namespace Root.Optimizers;

public sealed partial class ModularDescent
{
    /// <summary>
    /// Modular descent's hyperparameters. Defaults: lr 0.1, momentum 0.9, no weight decay, and for the AdamW fallback a
    /// hundredth of the learning rate, betas (0.9, 0.95), eps 1e-8.
    /// </summary>
    public sealed class Options : MatrixOptions
    {
        /// <summary>The element type of matrix signs. Default <see cref="Precision.Automatic"/>.</summary>
        public Precision? precision { get; set; }

        internal static Options Of(double lr, double momentum, double weight_decay) =>
            new() { LearningRate = lr, momentum = momentum, weight_decay = weight_decay };

        internal Options WithDefaults()
        {
            var options = (Options)Copy();
            options.InheritFrom(new Options
            {
                LearningRate = 0.1,
                momentum = 0.9,
                weight_decay = 0,
                betas = (0.9, 0.95),
                eps = 1e-8,
                fallback_lr_factor = 0.01,
                precision = Precision.Automatic,
            });
            return options;
        }

        internal override void InheritFrom(MatrixOptions defaults)
        {
            base.InheritFrom(defaults);
            precision ??= ((Options)defaults).precision;
        }

        internal override void Validate()
        {
            base.Validate();
            Require.Defined(precision, nameof(precision));
        }

        /// <inheritdoc />
        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            precision = ((Options)source).precision;
        }

        internal override void Write(BinaryWriter writer)
        {
            base.Write(writer);
            writer.Write((int)precision!.Value);
        }

        internal override void Read(BinaryReader reader)
        {
            base.Read(reader);
            precision = (Precision)reader.ReadInt32();
        }
    }
}
