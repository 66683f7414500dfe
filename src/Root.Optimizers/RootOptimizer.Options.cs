using System.Reflection;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Outliers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public partial class RootOptimizer
{
    /// <summary>
    /// ROOT's hyperparameters. Defaults are those of the published program (lr 1e-3, weight_decay 0.1, momentum 0.95, nesterov,
    /// quantile 0.9, betas (0.9, 0.95), eps 1e-8), but for the coefficients: three learned steps in the place of five fixed
    /// ones. <see cref="Published"/> has the published ones.
    /// </summary>
    public sealed class Options : OrthogonalizingOptions
    {
        /// <summary>
        /// Newton-Schulz steps, at least 1; null: 3 where coefficients are learned, else 5. In 16 bits a shape takes fewer where
        /// its fitted schedule's bound is below rounding without the last (<see cref="NewtonSchulzSchedule.ForType"/>).
        /// </summary>
        public int? ns_steps { get => Get<int?>(null); set => Set(value); }

        /// <summary>The quantile of |M| beyond which entries are clipped, in (0, 1]; 1 clips nothing.</summary>
        public double outlier_quantile { get => Get(0.9); set => Set(value); }

        /// <summary>
        /// Takes the threshold eps = k median |M| in the place of the quantile's: k, above 0; null: the quantile. Of Gaussian entries k =
        /// 5.93 touches those beyond four standard deviations alone (<see cref="OutlierSplit.ThresholdByScale"/>).
        /// </summary>
        public double? outlier_scale { get => Get<double?>(null); set => Set(value); }

        /// <summary>
        /// Whether quantile and median are taken of all entries, as published, where else it is estimated from a sample (see
        /// <see cref="Quantile.Sample"/>).
        /// </summary>
        public bool exact_quantile { get => Get(false); set => Set(value); }

        /// <summary>
        /// The coefficients of every shape. Where they are learned, they are learned into this <see cref="CoefficientTable"/>, and
        /// optimizers that are given the same one share it. By default a new copy of <see cref="CoefficientTable.Shipped"/>.
        /// </summary>
        public Coefficients coefficients { get => GetOrMake<Coefficients>(CoefficientTable.Shipped); set => Set(value); }

        /// <summary>
        /// Whether coefficients are learned from the momentum of the training: often in the first hundred steps, rarely later.
        /// </summary>
        public bool learn_coefficients { get => Get(true); set => Set(value); }

        /// <summary>How many Newton-Schulz steps there are.</summary>
        internal int Steps => ns_steps ?? (learn_coefficients ? 3 : 5);

        /// <summary>eps of each matrix of a batch of momentum; null where nothing is split.</summary>
        internal Tensor? ThresholdOf(Tensor M) =>
            outlier_scale is { } k ? OutlierSplit.ThresholdByScale(M, k, exact_quantile)
            : outlier_quantile < 1 ? OutlierSplit.Threshold(M, outlier_quantile, exact_quantile)
            : null;

        /// <summary>
        /// The published algorithm: five steps of ROOT's published triples on B / ||B||_F, nothing learned. What the published
        /// program adds to norm and threshold is relative here, and its quantile's index is in double. Two of the triples
        /// are not stable (see <see cref="AdaNewton.Coefficients.Published"/>).
        /// </summary>
        public static Options Published() => new()
        {
            ns_steps = 5,
            coefficients = Coefficients.Published,
            learn_coefficients = false,
            exact_quantile = true,
        };

        /// <summary>
        /// What our race supports on clean gradients (docs/results/race.md): momentum 0.9, no split of outliers, four learned steps, and
        /// NorMuon's second moment after them. On a small GPT it ends 0.044 nats per byte below Muon with the published momentum, 0.012
        /// below Muon with this one. Where gradients have outliers set <see cref="outlier_scale"/> to 5.93; a long run may want
        /// momentum 0.95 (docs/choosing.md).
        /// </summary>
        public static Options Recommended() => new()
        {
            momentum = 0.9,
            outlier_quantile = 1,
            ns_steps = 4,
            normuon_beta2 = 0.95,
        };

        /// <inheritdoc />
        protected internal override void Validate()
        {
            base.Validate();
            ArgumentNullException.ThrowIfNull(coefficients);
            if (ns_steps is { } steps) Require.Between(steps, 1, NewtonSchulzSchedule.MostSteps, nameof(ns_steps));
            if (!(outlier_quantile > 0 && outlier_quantile <= 1))
                throw Require.Invalid(nameof(outlier_quantile), outlier_quantile, "above 0 and at most 1 (1 clips nothing)");
            if (outlier_scale is { } scale) Require.Positive(scale, nameof(outlier_scale));
            if (learn_coefficients && coefficients is not CoefficientTable)
                throw new ArgumentException("learn_coefficients is true, and the coefficients given are fixed; set "
                    + "learn_coefficients to false, or give a CoefficientTable, which can be learned into.", nameof(coefficients));
        }

        private protected override void Assign(PropertyInfo option, object? value)
        {
            // Into the table at hand, which may be shared.
            if (value is CoefficientTable loaded && coefficients is CoefficientTable own) own.ReplaceWith(loaded);
            else base.Assign(option, value);
        }

        internal override void Check(OptimizerOptions source)
        {
            base.Check(source);
            if (coefficients is not CoefficientTable && ((Options)source).coefficients is CoefficientTable)
                throw new ArgumentException("The state to load holds coefficients of its own, and this optimizer has fixed "
                    + "ones; construct it with coefficients = CoefficientTable.Shipped().", nameof(source));
        }
    }
}
