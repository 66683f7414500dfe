using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.AdaNewton;

/// <summary>
/// The distribution of a large matrix's singular values by Lanczos' tridiagonalization of A = X X^T: the eigenvalues of the
/// tridiagonal matrix T that k steps from a random unit vector build are the nodes of a Gauss quadrature, the squared first components of
/// its eigenvectors the weights. Source: Golub and Meurant, "Matrices, Moments and Quadrature". In float64, in which the square of a
/// singular value of 1e-7 of the largest is still above rounding.
/// </summary>
internal static class Lanczos
{
    /// <summary>The nodes and their weights, of sum 1; one NaN where the matrix is not finite.</summary>
    /// <param name="matrix">(m, n); not changed.</param>
    /// <param name="steps">k: a product of A with a vector each, and k^2 times the shorter side m for the orthogonality that rounding
    /// takes; before them m^2 n for A. A and a copy of X are in float64: 8 (m^2 + m n) bytes.</param>
    public static (double[] values, double[] weights) Quadrature(Tensor matrix, int steps)
    {
        using var scope = NewDisposeScope();
        var X = (matrix.shape[0] <= matrix.shape[1] ? matrix : matrix.mT).Widened();
        if (!X.isfinite().all().item<bool>()) return ([double.NaN], [1]);
        // Divided by the largest entry in its own type, so that squares stay in range.
        var scale = X.abs().max().to(ScalarType.Float64).item<double>();
        if (scale == 0) return ([0], [1]);
        X = X.Div(scale).to(ScalarType.Float64);
        var A = X.matmul(X.mT);

        // A u_j = beta_(j-1) u_(j-1) + alpha_j u_j + beta_j u_(j+1); all stay on the device, a call of which costs more than its work.
        var count = (int)Math.Min(steps, A.shape[0]);
        var U = zeros(count, A.shape[0], dtype: ScalarType.Float64, device: A.device);
        var u = Probe(A.shape[0]).to(A.device);
        for (var j = 0; ; j++)
        {
            using var inner = NewDisposeScope();
            U[j].copy_(u);
            if (j + 1 == count) break;
            var basis = U.narrow(0, 0, j + 1);
            var transposed = basis.mT;
            var next = A.mv(u);
            // Twice, since once leaves what the first pass rounds.
            next.addmv_(transposed, basis.mv(next), 1, -1);
            next.addmv_(transposed, basis.mv(next), 1, -1);
            u = next.div_(next.norm().ClampMin_(1e-300)).MoveToOuterDisposeScope();
        }
        var T = U.matmul(A).matmul(U.mT).cpu();
        var (squares, vectors) = linalg.eigh(T);
        var weights = vectors[0].data<double>().Select(first => first * first).ToArray();
        var total = weights.Sum();
        return (squares.data<double>().Select(s => Math.Sqrt(Math.Max(0, s)) * scale).ToArray(),
            weights.Select(w => w / total).ToArray());
    }

    /// <summary>A unit vector of random signs, the same for every matrix of its length: it takes nothing from the user's
    /// random numbers, and makes the fit a function of the matrix alone.</summary>
    private static Tensor Probe(long length)
    {
        var signs = new double[length];
        var random = new Random(20_251_120);
        for (var i = 0L; i < length; i++) signs[i] = (random.Next(2) == 0 ? 1 : -1) / Math.Sqrt(length);
        return tensor(signs);
    }
}
