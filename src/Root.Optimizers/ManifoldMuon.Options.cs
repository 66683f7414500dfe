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
        /// <summary>How the direction is found.</summary>
        public StiefelSolver solver { get => Get(StiefelSolver.Exact); set => Set(value); }

        /// <summary>How the exact solver evaluates its formula.</summary>
        public TangentForm form { get => Get(TangentForm.Automatic); set => Set(value); }

        /// <summary>
        /// The element type of matrix signs. <see cref="Precision.Automatic"/> is float32 (float64 for float64 weights) with
        /// the exact solver, and bfloat16, as published, with the dual ascent. In bfloat16 the exact solver's polynomial form
        /// is still tangent, its norm up to a few hundredths above 1; its rational form is not affected.
        /// </summary>
        public Precision precision { get => Get(Precision.Automatic); set => Set(value); }

        /// <summary>The dual ascent's first step length. Positive.</summary>
        public double dual_alpha { get => Get(0.01); set => Set(value); }

        /// <summary>The dual ascent's most steps, at least 1.</summary>
        public int dual_steps { get => Get(100); set => Set(value); }

        /// <summary>The residual at which the dual ascent stops, at least 0.</summary>
        public double dual_tolerance { get => Get(1e-6); set => Set(value); }

        /// <summary>Null for the type of what the sign is taken of, or as published.</summary>
        internal ScalarType? SignType() => precision switch
        {
            Precision.BFloat16 => ScalarType.BFloat16,
            Precision.Float32 => ScalarType.Float32,
            _ => null,
        };

        internal override double Tolerance(ScalarType dtype) =>
            base.Tolerance(solver == StiefelSolver.DualAscent && precision != Precision.Float32 ? ScalarType.BFloat16 : dtype);

        /// <inheritdoc />
        protected internal override void Validate()
        {
            base.Validate();
            Require.Defined(solver);
            Require.Defined(form);
            Require.Defined(precision);
            Require.Positive(dual_alpha);
            Require.AtLeast(dual_steps, 1);
            Require.NotNegative(dual_tolerance);
        }
    }
}
