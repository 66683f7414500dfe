using Root.Optimizers.Orthogonalization;
using TorchSharp.Modules;

namespace Root.Optimizers;

public partial class RootOptimizer
{
    /// <summary>
    /// ROOT's hyperparameters. Defaults are those of the published program: lr 1e-3, weight_decay 0.1, momentum 0.95, nesterov,
    /// 5 steps, quantile 0.9, betas (0.9, 0.95), eps 1e-8.
    /// </summary>
    public sealed class Options : MatrixOptions
    {
        /// <summary>Whether G + mu M takes the place of M. Default true.</summary>
        public bool? nesterov { get; set; }

        /// <summary>Newton-Schulz steps, at least 1. Default 5.</summary>
        public int? ns_steps { get; set; }

        /// <summary>The quantile of |M| beyond which entries are clipped, in (0, 1]; 1 clips nothing. Default 0.9.</summary>
        public double? outlier_quantile { get; set; }

        /// <summary>How the learning rate depends on the shape. Default <see cref="LrScale.MatchAdamWRms"/>.</summary>
        public LrScale? lr_scale { get; set; }

        /// <summary>The element type of the iteration. Default <see cref="Precision.Automatic"/>.</summary>
        public Precision? precision { get; set; }

        /// <summary>The coefficients of every shape. Default <see cref="CoefficientTable.RootPublished"/>.</summary>
        public CoefficientTable? coefficients { get; set; }

        internal static Options Of(double lr, double weight_decay, double momentum, bool nesterov, int ns_steps,
            double outlier_quantile) => new()
        {
            LearningRate = lr,
            weight_decay = weight_decay,
            momentum = momentum,
            nesterov = nesterov,
            ns_steps = ns_steps,
            outlier_quantile = outlier_quantile,
        };

        internal Options WithDefaults()
        {
            var options = (Options)Copy();
            options.InheritFrom(Default);
            return options;
        }

        private static Options Default => new()
        {
            LearningRate = 1e-3,
            weight_decay = 0.1,
            momentum = 0.95,
            nesterov = true,
            ns_steps = 5,
            outlier_quantile = 0.9,
            lr_scale = LrScale.MatchAdamWRms,
            precision = Precision.Automatic,
            coefficients = CoefficientTable.RootPublished,
            betas = (0.9, 0.95),
            eps = 1e-8,
            fallback_lr_factor = 1,
        };

        internal override void InheritFrom(MatrixOptions defaults)
        {
            base.InheritFrom(defaults);
            var options = (Options)defaults;
            nesterov ??= options.nesterov;
            ns_steps ??= options.ns_steps;
            outlier_quantile ??= options.outlier_quantile;
            lr_scale ??= options.lr_scale;
            precision ??= options.precision;
            coefficients ??= options.coefficients;
        }

        internal override void Validate()
        {
            base.Validate();
            Require.AtLeast(ns_steps, 1, nameof(ns_steps));
            if (!(outlier_quantile > 0 && outlier_quantile <= 1))
                throw Require.Invalid(nameof(outlier_quantile), outlier_quantile, "above 0 and at most 1 (1 clips nothing)");
            Require.Defined(lr_scale, nameof(lr_scale));
            Require.Defined(precision, nameof(precision));
        }

        /// <inheritdoc />
        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            var options = (Options)source;
            nesterov = options.nesterov;
            ns_steps = options.ns_steps;
            outlier_quantile = options.outlier_quantile;
            lr_scale = options.lr_scale;
            precision = options.precision;
        }

        internal override void Write(BinaryWriter writer)
        {
            base.Write(writer);
            writer.Write(nesterov!.Value);
            writer.Write(ns_steps!.Value);
            writer.Write(outlier_quantile!.Value);
            writer.Write((int)lr_scale!.Value);
            writer.Write((int)precision!.Value);
        }

        internal override void Read(BinaryReader reader)
        {
            base.Read(reader);
            nesterov = reader.ReadBoolean();
            ns_steps = reader.ReadInt32();
            outlier_quantile = reader.ReadDouble();
            lr_scale = (LrScale)reader.ReadInt32();
            precision = (Precision)reader.ReadInt32();
        }
    }
}
