using Root.Optimizers.Benchmarks.Coefficients;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Orthogonalize;

/// <summary>Matrices of the kinds that orthogonalization meets.</summary>
internal static class Spectra
{
    public static IReadOnlyList<(string name, Func<long, long, Tensor> make)> All { get; } =
    [
        ("Gaussian", (rows, columns) => randn(rows, columns)),
        ("low rank", LowRank),
        // Cubes of Gaussian entries: a hundredth of them holds over half of the squared norm.
        ("heavy-tailed", (rows, columns) => randn(rows, columns).pow_(3)),
        ("captured momentum", CapturedMomentum),
    ];

    /// <summary>A matrix of an eighth of the rank, of unit size, and a thousandth of that in noise.</summary>
    private static Tensor LowRank(long rows, long columns)
    {
        using var scope = NewDisposeScope();
        var rank = Math.Max(1, Math.Min(rows, columns) / 8);
        var low = randn(rows, rank).matmul(randn(rank, columns)).div_(Math.Sqrt(rank));
        return low.add_(randn(rows, columns), alpha: 1e-3).MoveToOuterDisposeScope();
    }

    /// <summary>Random singular vectors about the singular values of a training's momentum, stretched to the shape.</summary>
    private static Tensor CapturedMomentum(long rows, long columns)
    {
        using var random = randn(rows, columns);
        return WithSingularValues(random, CapturedSpectrum.Nearest(CapturedSpectrum.Load(CapturedSpectrum.Width192), rows, columns)
            .Stretched((int)Math.Min(rows, columns)));
    }

    /// <summary>The matrix with the singular vectors of <paramref name="X"/> and the given singular values instead of its own.</summary>
    /// <param name="X">(m, n), of full rank.</param>
    /// <param name="values">min(m, n) of them, in descending order.</param>
    public static Tensor WithSingularValues(Tensor X, double[] values)
    {
        using var scope = NewDisposeScope();
        var tall = X.shape[0] > X.shape[1];
        var A = (tall ? X.mT : X).to(ScalarType.Float64);
        var (_, U) = linalg.eigh(A.matmul(A.mT));
        // The eigenvalues ascend. The rows of U^T A are s_i v_i^T, and over their own norms they are v_i^T, where the eigenvalues'
        // roots would be off for the small ones.
        var V = U.mT.matmul(A);
        V = V / linalg.vector_norm(V, dims: [1], keepdim: true);
        var Y = (U * tensor(values.Reverse().ToArray(), device: X.device)).matmul(V).to(X.dtype);
        return (tall ? Y.mT.contiguous() : Y).MoveToOuterDisposeScope();
    }
}
