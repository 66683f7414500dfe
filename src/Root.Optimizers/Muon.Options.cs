using Root.Optimizers.Orthogonalization;
using TorchSharp.Modules;

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
        /// <summary>The Newton-Schulz coefficients, one triple a step. Default <see cref="PublishedSchedules.Muon"/>.</summary>
        public NewtonSchulzSchedule? coefficients { get; set; }

        internal static Options Of(double lr, double weight_decay, double momentum, bool nesterov, int ns_steps,
            LrScale lr_scale)
        {
            Require.AtLeast(ns_steps, 1, nameof(ns_steps));
            return new()
            {
                LearningRate = lr,
                weight_decay = weight_decay,
                momentum = momentum,
                nesterov = nesterov,
                coefficients = PublishedSchedules.Muon(ns_steps),
                lr_scale = lr_scale,
            };
        }

        internal Options WithDefaults()
        {
            var options = (Options)Copy();
            options.InheritFrom(new Options
            {
                LearningRate = 1e-3,
                weight_decay = 0.1,
                momentum = 0.95,
                nesterov = true,
                coefficients = PublishedSchedules.Muon(),
                lr_scale = LrScale.KellerJordan,
                precision = Precision.Automatic,
                split = 1,
                cautious = false,
                betas = (0.9, 0.95),
                eps = 1e-8,
                fallback_lr_factor = 1,
            });
            return options;
        }

        internal override void InheritFrom(MatrixOptions defaults)
        {
            base.InheritFrom(defaults);
            coefficients ??= ((Options)defaults).coefficients;
        }

        /// <inheritdoc />
        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            coefficients = ((Options)source).coefficients;
        }

        internal override void Write(BinaryWriter writer)
        {
            base.Write(writer);
            writer.Write(coefficients!.Count);
            foreach (var (a, b, c) in coefficients)
            {
                writer.Write(a);
                writer.Write(b);
                writer.Write(c);
            }
            writer.Write(coefficients.Lower ?? double.NaN);
        }

        internal override void Read(BinaryReader reader)
        {
            base.Read(reader);
            var count = reader.ReadInt32();
            // Before it is allocated for: a damaged file may say anything.
            if (count is < 1 or > 1000) throw new InvalidDataException($"it has {count} Newton-Schulz steps");
            var steps = new Triple[count];
            for (var i = 0; i < count; i++) steps[i] = new(reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
            coefficients = new(steps, reader.ReadDouble() is var lower && double.IsNaN(lower) ? null : lower);
        }
    }
}
