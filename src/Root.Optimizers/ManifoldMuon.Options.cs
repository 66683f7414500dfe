using TorchSharp;
using TorchSharp.Modules;
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
        /// <summary>How the direction is found. Default <see cref="StiefelSolver.Exact"/>.</summary>
        public StiefelSolver? solver { get; set; }

        /// <summary>
        /// How the exact solver evaluates its formula. Default: the faster form for shape and device.
        /// </summary>
        public TangentForm? form { get; set; }

        /// <summary>
        /// The element type of matrix signs. <see cref="Precision.Automatic"/>, the default, is float32 (float64 for
        /// float64 weights) with the exact solver, and bfloat16, as published, with the dual ascent. In bfloat16 the
        /// exact solver's polynomial form is still tangent, its norm up to a few hundredths above 1; its rational form
        /// is not affected.
        /// </summary>
        public Precision? precision { get; set; }

        /// <summary>The dual ascent's first step length. Positive. Default 0.01.</summary>
        public double? dual_alpha { get; set; }

        /// <summary>The dual ascent's most steps, at least 1. Default 100.</summary>
        public int? dual_steps { get; set; }

        /// <summary>The residual at which the dual ascent stops, at least 0. Default 1e-6.</summary>
        public double? dual_tolerance { get; set; }

        internal static Options Of(double lr, double momentum, StiefelSolver solver, Manifold manifold, Radius radius,
            bool initialize) =>
            new()
            {
                LearningRate = lr,
                momentum = momentum,
                solver = solver,
                manifold = manifold,
                radius = radius,
                initialize = initialize,
            };

        /// <summary>Null for the type of what the sign is taken of, or as published.</summary>
        internal ScalarType? SignType() => precision switch
        {
            Precision.BFloat16 => ScalarType.BFloat16,
            Precision.Float32 => ScalarType.Float32,
            _ => null,
        };

        internal override double Tolerance(ScalarType dtype) =>
            base.Tolerance(
                solver == StiefelSolver.DualAscent && precision != Precision.Float32 ? ScalarType.BFloat16 : dtype);

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
                manifold = Manifold.Stiefel,
                radius = Radius.One,
                initialize = true,
                solver = StiefelSolver.Exact,
                form = TangentForm.Automatic,
                precision = Precision.Automatic,
                dual_alpha = 0.01,
                dual_steps = 100,
                dual_tolerance = 1e-6,
            });
            return options;
        }

        internal override void InheritFrom(MatrixOptions defaults)
        {
            base.InheritFrom(defaults);
            var options = (Options)defaults;
            solver ??= options.solver;
            form ??= options.form;
            precision ??= options.precision;
            dual_alpha ??= options.dual_alpha;
            dual_steps ??= options.dual_steps;
            dual_tolerance ??= options.dual_tolerance;
        }

        internal override void Validate()
        {
            base.Validate();
            Require.Defined(solver, nameof(solver));
            Require.Defined(form, nameof(form));
            Require.Defined(precision, nameof(precision));
            Require.Positive(dual_alpha, nameof(dual_alpha));
            Require.AtLeast(dual_steps, 1, nameof(dual_steps));
            Require.NotNegative(dual_tolerance, nameof(dual_tolerance));
        }

        /// <inheritdoc />
        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            var options = (Options)source;
            solver = options.solver;
            form = options.form;
            precision = options.precision;
            dual_alpha = options.dual_alpha;
            dual_steps = options.dual_steps;
            dual_tolerance = options.dual_tolerance;
        }

        internal override void Write(BinaryWriter writer)
        {
            base.Write(writer);
            writer.Write((int)solver!.Value);
            writer.Write((int)form!.Value);
            writer.Write((int)precision!.Value);
            writer.Write(dual_alpha!.Value);
            writer.Write(dual_steps!.Value);
            writer.Write(dual_tolerance!.Value);
        }

        internal override void Read(BinaryReader reader)
        {
            base.Read(reader);
            solver = (StiefelSolver)reader.ReadInt32();
            form = (TangentForm)reader.ReadInt32();
            precision = (Precision)reader.ReadInt32();
            dual_alpha = reader.ReadDouble();
            dual_steps = reader.ReadInt32();
            dual_tolerance = reader.ReadDouble();
        }
    }
}
