using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

public abstract partial record StiefelSolver
{
    /// <summary>
    /// SPEL: Muon's step, and back to the manifold; for comparison (manifold constrained steepest descent, arXiv 2601.21487):
    /// <code>
    /// W &lt;- msign(W - lr msign(M))
    /// </code>
    /// Its direction is not tangent: what of it leads off the manifold the second sign takes back, so that a step may be shorter than
    /// lr. Two matrix signs; it does not depend on the gradient's scale.
    /// </summary>
    /// <param name="Sign">The element type of the matrix signs; Automatic: float32, or float64 for float64 weights.</param>
    public sealed record Spel(Precision Sign = Precision.Automatic) : StiefelSolver
    {
        /// <summary>msign(W - lr msign(M)).</summary>
        /// <param name="W">(b, m, n), on the manifold to rounding; not changed.</param>
        /// <param name="M">Of the same shape.</param>
        /// <param name="lr">The step's length.</param>
        internal Tensor Step(Tensor W, Tensor M, double lr)
        {
            using var scope = NewDisposeScope();
            return SignOf(W.Add(SignOf(M.to(W.dtype), Sign), -lr), Sign).MoveToOuterDisposeScope();
        }

        internal override ScalarType RoundingOf(ScalarType weights) => RoundingOf(Sign, weights);

        internal override void Validate() => Require.Defined(Sign, "solver.Sign");
    }
}
