using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Outliers;
using TorchSharp.Modules;

namespace Root.Optimizers;

public partial class RootOptimizer
{
    /// <summary>
    /// ROOT's hyperparameters. Defaults are those of the published program (lr 1e-3, weight_decay 0.1, momentum 0.95, nesterov,
    /// quantile 0.9, betas (0.9, 0.95), eps 1e-8), but for the coefficients: four learned steps in the place of five fixed
    /// ones. <see cref="Published"/> has the published ones.
    /// </summary>
    public sealed class Options : OrthogonalizingOptions
    {
        /// <summary>
        /// Newton-Schulz steps, at least 1. Default 4, or 5 where the optimizer's own options switch learning off. In bfloat16
        /// a shape takes fewer where its fitted schedule's bound is below rounding without the last (<see cref="CoefficientEntry.In"/>).
        /// </summary>
        public int? ns_steps { get; set; }

        /// <summary>The quantile of |M| beyond which entries are clipped, in (0, 1]; 1 clips nothing. Default 0.9.</summary>
        public double? outlier_quantile { get; set; }

        /// <summary>
        /// Whether the quantile is taken of all entries, as published, where else it is estimated from a sample (see
        /// <see cref="Quantile.Sample"/>). Default false.
        /// </summary>
        public bool? exact_quantile { get; set; }

        /// <summary>
        /// The coefficients of every shape; where they are learned, they are learned into this table, and optimizers that
        /// are given the same one share it. Default a new copy of <see cref="CoefficientTable.Shipped"/>.
        /// </summary>
        public CoefficientTable? coefficients { get; set; }

        /// <summary>
        /// Whether coefficients are learned from the momentum of the training: often in the first hundred steps, rarely later.
        /// Default true.
        /// </summary>
        public bool? learn_coefficients { get; set; }

        /// <summary>
        /// The published algorithm: five steps of ROOT's published triples on B / ||B||_F, nothing learned. What the published
        /// program adds to norm and threshold is relative here, and its quantile's index is in double. Two of the triples
        /// are not stable (see <see cref="CoefficientTable.RootPublished"/>).
        /// </summary>
        /// <param name="lr">Learning rate.</param>
        /// <param name="weight_decay">Decoupled weight decay.</param>
        public static Options Published(double lr = 1e-3, double weight_decay = 0.1) => new()
        {
            LearningRate = lr,
            weight_decay = weight_decay,
            ns_steps = 5,
            coefficients = CoefficientTable.RootPublished,
            learn_coefficients = false,
            exact_quantile = true,
        };

        internal static Options Of(double lr, double weight_decay, double momentum, bool nesterov, int? ns_steps,
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
            options.InheritFrom(Default(options.learn_coefficients ?? true));
            return options;
        }

        private static Options Default(bool learning) => new()
        {
            LearningRate = 1e-3,
            weight_decay = 0.1,
            momentum = 0.95,
            nesterov = true,
            ns_steps = learning ? 4 : 5,
            outlier_quantile = 0.9,
            exact_quantile = false,
            lr_scale = LrScale.MatchAdamWRms,
            precision = Precision.Automatic,
            split = 1,
            cautious = false,
            coefficients = CoefficientTable.Shipped(),
            learn_coefficients = true,
            betas = (0.9, 0.95),
            eps = 1e-8,
            fallback_lr_factor = 1,
        };

        internal override void InheritFrom(MatrixOptions defaults)
        {
            base.InheritFrom(defaults);
            var options = (Options)defaults;
            ns_steps ??= options.ns_steps;
            outlier_quantile ??= options.outlier_quantile;
            exact_quantile ??= options.exact_quantile;
            coefficients ??= options.coefficients;
            learn_coefficients ??= options.learn_coefficients;
        }

        internal override void Validate()
        {
            base.Validate();
            Require.AtLeast(ns_steps, 1, nameof(ns_steps));
            if (!(outlier_quantile > 0 && outlier_quantile <= 1))
                throw Require.Invalid(nameof(outlier_quantile), outlier_quantile, "above 0 and at most 1 (1 clips nothing)");
            if (learn_coefficients == true && coefficients?.IsReadOnly == true)
                throw new ArgumentException("learn_coefficients is true, and the coefficients given are read-only; set "
                    + "learn_coefficients to false, or give a table that can be learned into.", nameof(coefficients));
        }

        /// <inheritdoc />
        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            var options = (Options)source;
            ns_steps = options.ns_steps;
            outlier_quantile = options.outlier_quantile;
            exact_quantile = options.exact_quantile;
            learn_coefficients = options.learn_coefficients;
            // Into the table at hand, which may be shared.
            if (options.coefficients!.IsReadOnly) coefficients = options.coefficients;
            else if (!ReferenceEquals(coefficients, options.coefficients)) coefficients!.ReplaceWith(options.coefficients);
        }

        internal override void Check(OptimizerOptions source)
        {
            base.Check(source);
            if (coefficients!.IsReadOnly && !((Options)source).coefficients!.IsReadOnly)
                throw new ArgumentException("The state to load holds coefficients of its own, and this optimizer has read-only "
                    + "ones; construct it with coefficients = CoefficientTable.Shipped().", nameof(source));
        }

        internal override void Write(BinaryWriter writer)
        {
            base.Write(writer);
            writer.Write(ns_steps!.Value);
            writer.Write(outlier_quantile!.Value);
            writer.Write(exact_quantile!.Value);
            writer.Write(learn_coefficients!.Value);
            writer.Write(coefficients!.IsReadOnly);
            if (!coefficients.IsReadOnly) writer.Write(coefficients.ToJson());
        }

        internal override void Read(BinaryReader reader)
        {
            base.Read(reader);
            ns_steps = reader.ReadInt32();
            outlier_quantile = reader.ReadDouble();
            exact_quantile = reader.ReadBoolean();
            learn_coefficients = reader.ReadBoolean();
            coefficients = reader.ReadBoolean() ? CoefficientTable.RootPublished : CoefficientTable.FromJson(reader.ReadString());
        }
    }
}
