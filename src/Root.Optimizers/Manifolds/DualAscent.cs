using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Manifolds;

/// <summary>
/// The published solver of the same problem (Bernstein, "Modular Manifolds", 2025; thinking-machines-lab/manifolds):
/// with L = -(W^T G + G^T W)/4 to begin with,
/// <code>
/// A = msign(G + 2 W L)
/// H = W^T A + A^T W                        stop if ||H||_F / n is below the tolerance
/// L &lt;- L - alpha (1 - k/steps) H
/// </code>
/// It is not scale-invariant, and for most shapes the steps end before it converges: <see cref="Residual"/> says how
/// far A is from tangent. <see cref="StiefelTangent"/> has the exact solution.
/// </summary>
/// <param name="A">Of the shape of W, in float32 or float64.</param>
/// <param name="Residual">||H||_F / n of each matrix.</param>
/// <param name="Iterations">How many matrix signs each matrix took.</param>
public sealed record DualAscent(Tensor A, double[] Residual, int[] Iterations)
{
    private static readonly NewtonSchulzSchedule Sign = PublishedSchedules.PolarExpress(10);

    /// <summary>Solves for one matrix or a batch, each matrix as if it were alone.</summary>
    /// <param name="W">(m, n) or (b, m, n) with orthonormal columns, or rows where m &lt; n.</param>
    /// <param name="G">The gradient, of the same shape.</param>
    /// <param name="alpha">The first step's length on the dual; falls linearly to 0.</param>
    /// <param name="steps">The most steps; at least 1.</param>
    /// <param name="tolerance">Of the residual.</param>
    /// <param name="signType">The element type of the matrix sign; bfloat16 as published.</param>
    /// <exception cref="ArgumentException">Shapes differ, or W has fewer than 2 or more than 3 dimensions.</exception>
    /// <exception cref="NotFiniteNumberException">W or G is not, or a matrix sign diverged.</exception>
    public static DualAscent Solve(Tensor W, Tensor G, double alpha = 0.01, int steps = 100, double tolerance = 1e-6,
        ScalarType signType = ScalarType.BFloat16)
    {
        var orientation = Oriented.Of(W, G);
        using var scope = NewDisposeScope();
        W = orientation.Tall(W);
        G = orientation.Tall(G).to(W.dtype);
        var (b, n) = (W.shape[0], W.shape[2]);
        var half = W.mT.bmm(G);
        var L = (half + half.mT).mul_(-0.25);
        var (residual, iterations) = (new double[b], new int[b]);
        Tensor? A = null;
        for (var step = 0; step < steps; step++)
        {
            using var inner = NewDisposeScope();
            A?.Dispose();
            A = MatrixSign(G.add(W.bmm(L), alpha: 2), signType);
            half = W.mT.bmm(A);
            var H = half + half.mT;
            var open = residual.Select((r, i) => step == 0 || r >= tolerance).ToArray();
            var norms = MatrixNorms.Frobenius(H).div_(n).to(ScalarType.Float64).cpu().data<double>();
            for (var i = 0; i < b; i++)
                if (open[i]) (residual[i], iterations[i]) = (norms[i], step + 1);
            if (Array.FindIndex(norms.ToArray(), double.IsNaN) is >= 0 and var bad)
                throw new NotFiniteNumberException(FormattableString.Invariant(
                    $"Matrix {bad} of {b} of shape ({W.shape[1]}, {n}): NaN at step {step} of the dual ascent. Where gradient ")
                    + $"and weight are finite, the matrix sign has diverged in {signType}: take Float32, or the exact solver.");
            A.MoveToOuterDisposeScope();
            if (residual.All(r => r < tolerance)) break;
            // A matrix that is done keeps its L, and so its A.
            var going = tensor(residual.Select(r => r >= tolerance ? 1.0 : 0.0).ToArray(), W.dtype, W.device)
                .reshape(b, 1, 1);
            L.sub_(H.mul_(going).mul_(alpha * (1 - (double)step / steps)));
        }
        return new(orientation.Back(A!).MoveToOuterDisposeScope(), residual, iterations);
    }

    /// <summary>The published matrix sign: ten Polar Express steps; a zero matrix stays zero.</summary>
    /// <returns>In the type of <paramref name="X"/>.</returns>
    public static Tensor MatrixSign(Tensor X, ScalarType signType)
    {
        using var scope = NewDisposeScope();
        return NewtonSchulz.Orthogonalize(X, Sign, signType, form: NewtonSchulzForm.Plain).to(X.dtype).MoveToOuterDisposeScope();
    }
}
