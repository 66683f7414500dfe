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
        using var scope = NewDisposeScope();
        var shorter = Math.Min(rows, columns);
        var captured = CapturedSpectrum.Nearest(CapturedSpectrum.Load(), rows, columns).Values;
        var values = Enumerable.Range(0, (int)shorter)
            .Select(i => (float)captured[(int)(i * (long)captured.Count / shorter)]).ToArray();
        var (U, _) = linalg.qr(randn(rows, shorter));
        var (V, _) = linalg.qr(randn(columns, shorter));
        return (U * tensor(values)).matmul(V.mT).MoveToOuterDisposeScope();
    }
}
