using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Support;

internal static class Filling
{
    /// <summary>
    /// A matrix (n, m) in float64, n &lt;= m, whose singular values fill [l, s] evenly in log s after division by its Schatten-8
    /// norm; s is then 0.6 to 1, as on real momentum and below.
    /// </summary>
    public static Tensor Matrix(double l, long n, long m)
    {
        var (U, _, _) = linalg.svd(randn(n, n, dtype: float64));
        var (V, _, _) = linalg.svd(randn(m, n, dtype: float64), fullMatrices: false);
        // The norm of values in [x, 1] hardly depends on x, so that x = l * norm settles at once.
        var values = ones(n, dtype: float64);
        for (var (round, x) = (0, l); round < 20; round++)
        {
            values = logspace(0, Math.Log10(x), n, dtype: float64);
            x = l * values.pow(8).sum().pow(0.125).item<double>();
        }
        return U.matmul(diag(values)).matmul(V.mT);
    }
}
