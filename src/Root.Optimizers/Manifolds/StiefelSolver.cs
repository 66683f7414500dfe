using System.Text.Json.Serialization;
using Root.Optimizers.Manifolds.Tangent;
using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>How <see cref="ManifoldMuon"/> finds a tangent direction on the Stiefel manifold, and how it comes back.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "solver")]
[JsonDerivedType(typeof(Exact), nameof(Exact))]
[JsonDerivedType(typeof(DualAscent), nameof(DualAscent))]
[JsonDerivedType(typeof(Spel), nameof(Spel))]
public abstract partial record StiefelSolver
{
    private protected StiefelSolver() { }

    /// <summary>The type whose rounding the step leaves in weights of a type.</summary>
    internal virtual ScalarType RoundingOf(ScalarType weights) => weights;

    private static ScalarType RoundingOf(Precision sign, ScalarType weights) =>
        sign is Precision.BFloat16 or Precision.Float16 ? sign.OrOwn(weights) : weights;

    /// <summary>The matrix sign of the solvers that come back to the manifold by one.</summary>
    private static Tensor SignOf(Tensor X, Precision sign) =>
        MatrixSign.PolarExpress(X, steps: 10, sign.OrOwn(X.dtype), NewtonSchulzForm.Plain);

    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    internal abstract void Validate();

    /// <summary>
    /// In closed form (<see cref="StiefelTangent"/>): tangent and optimal to rounding, at every scale of the gradient.
    /// </summary>
    /// <param name="Form">How the formula is evaluated.</param>
    /// <param name="Sign">The element type of the polynomial form's matrix sign; Automatic: float32, and float64 for float64 weights.
    /// In 16 bits A is still tangent, its norm in bfloat16 up to a few hundredths above 1. The rational form takes no sign.</param>
    public sealed record Exact(TangentForm Form = TangentForm.Automatic, Precision Sign = Precision.Automatic) : StiefelSolver
    {
        /// <summary>retract(W - lr A).</summary>
        internal Tensor Step(Tensor W, Tensor M, double lr)
        {
            using var scope = NewDisposeScope();
            return Step(W, M, lr, out _).MoveToOuterDisposeScope();
        }

        /// <param name="W">(b, m, n).</param>
        /// <param name="M">Of the same shape.</param>
        /// <param name="lr">The step's length.</param>
        /// <param name="excess">See <see cref="Manifolds.Stiefel.Retract(Tensor, Tensor, double, out Tensor)"/>.</param>
        internal Tensor Step(Tensor W, Tensor M, double lr, out Tensor excess)
        {
            using var scope = NewDisposeScope();
            var A = StiefelTangent.Direction(W, M, Form, Sign.OrOwn(W.dtype));
            var next = Manifolds.Stiefel.Retract(W, A, lr, out excess).MoveToOuterDisposeScope();
            excess.MoveToOuterDisposeScope();
            return next;
        }

        internal override void Validate()
        {
            Require.Defined(Form, "solver.Form");
            Require.Defined(Sign, "solver.Sign");
        }
    }
}
