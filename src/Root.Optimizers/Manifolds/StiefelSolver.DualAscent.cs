using Root.Optimizers.LinearAlgebra;
using Root.Optimizers.Manifolds.Tangent;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

public abstract partial record StiefelSolver
{
    /// <summary>
    /// The published iteration on the dual, with its retraction; for comparison (Bernstein, "Modular Manifolds", 2025;
    /// thinking-machines-lab/manifolds): with L = -(W^T G + G^T W)/4 to begin with,
    /// <code>
    /// A = msign(G + 2 W L)
    /// H = W^T A + A^T W                        stop if ||H||_F / n is below the tolerance
    /// L &lt;- L - alpha (1 - k/steps) H
    /// W &lt;- msign(W - lr A)
    /// </code>
    /// It depends on the gradient's scale, seldom converges within its steps (<see cref="Solution.Residual"/> says how far A is
    /// from tangent), and leaves singular values as far from 1 as its matrix sign does. Should the sign diverge, a step throws an
    /// <see cref="InterruptedStepException"/> and names the parameters.
    /// </summary>
    /// <param name="Alpha">The first step's length on the dual; falls linearly to 0. Positive.</param>
    /// <param name="Steps">The most steps; at least 1.</param>
    /// <param name="Tolerance">The residual at which it stops; at least 0.</param>
    /// <param name="Sign">The element type of the matrix sign: bfloat16 as published; Automatic: float32, or float64 for float64
    /// weights.</param>
    public sealed record DualAscent(double Alpha = 0.01, int Steps = 100, double Tolerance = 1e-6,
        Precision Sign = Precision.BFloat16) : StiefelSolver
    {
        /// <summary>What the iteration reached.</summary>
        /// <param name="A">Of the shape of W, in float32 or float64.</param>
        /// <param name="Residual">||W^T A + A^T W||_F / n of each matrix: 0 for a tangent direction.</param>
        /// <param name="Iterations">How many matrix signs each matrix took.</param>
        public sealed record Solution(Tensor A, double[] Residual, int[] Iterations);

        /// <summary>Solves for one matrix or a batch, each matrix as if it were alone.</summary>
        /// <param name="W">(m, n) or (b, m, n) with orthonormal columns, or rows where m &lt; n.</param>
        /// <param name="G">The gradient, of the same shape.</param>
        /// <exception cref="ArgumentException">Shapes differ, or W has fewer than 2 or more than 3 dimensions.</exception>
        /// <exception cref="NotFiniteNumberException">W or G is not, or a matrix sign diverged.</exception>
        public Solution Solve(Tensor W, Tensor G)
        {
            var view = TallView.For(W, G);
            using var scope = NewDisposeScope();
            W = view.Tall(W);
            G = view.Tall(G).to(W.dtype);
            var (b, n) = (W.shape[0], W.shape[2]);
            var half = W.mT.bmm(G);
            var L = half.Add(half.mT).Mul_(-0.25);
            var (residual, iterations) = (new double[b], new int[b]);
            Tensor? A = null;
            for (var step = 0; step < Steps; step++)
            {
                using var inner = NewDisposeScope();
                A?.Dispose();
                A = SignOf(G.Add(W.bmm(L), 2), Sign);
                half = W.mT.bmm(A);
                var H = half.Add(half.mT);
                var open = residual.Select((r, i) => step == 0 || r >= Tolerance).ToArray();
                var norms = MatrixNorms.Frobenius(H).Div_(n).to(ScalarType.Float64).cpu().data<double>();
                for (var i = 0; i < b; i++)
                    if (open[i]) (residual[i], iterations[i]) = (norms[i], step + 1);
                if (Array.FindIndex(norms.ToArray(), double.IsNaN) is >= 0 and var bad)
                    throw new NotFiniteNumberException(FormattableString.Invariant(
                        $"Matrix {bad} of {b} of shape ({W.shape[1]}, {n}): NaN at step {step} of the dual ascent. Where gradient ")
                        + $"and weight are finite, the matrix sign has diverged in {Sign}: take Float32, or the exact solver.");
                A.MoveToOuterDisposeScope();
                if (residual.All(r => r < Tolerance)) break;
                // A matrix that is done keeps its L, and so its A.
                var going = tensor(residual.Select(r => r >= Tolerance ? 1.0 : 0.0).ToArray(), W.dtype, W.device)
                    .reshape(b, 1, 1);
                L.sub_(H.mul_(going).Mul_(Alpha * (1 - (double)step / Steps)));
            }
            return new(view.Restore(A!).MoveToOuterDisposeScope(), residual, iterations);
        }

        /// <summary>msign(W - lr A), as published.</summary>
        /// <param name="W">(m, n) or (b, m, n).</param>
        /// <param name="A">Of the same shape.</param>
        /// <param name="lr">The step's length.</param>
        public Tensor Retract(Tensor W, Tensor A, double lr)
        {
            using var scope = NewDisposeScope();
            return SignOf(W.Add(A, -lr), Sign).MoveToOuterDisposeScope();
        }

        internal override ScalarType RoundingOf(ScalarType weights) => RoundingOf(Sign, weights);

        internal override void Validate()
        {
            Require.Positive(Alpha, "solver.Alpha");
            Require.Between(Steps, 1, 1_000_000, "solver.Steps");
            Require.NotNegative(Tolerance, "solver.Tolerance");
            Require.Defined(Sign, "solver.Sign");
        }
    }
}
