using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Outliers;

/// <summary>
/// ROOT's split of a momentum matrix M into outliers O and base B (arXiv 2511.20626, section 3.3):
/// O = T_eps[M], T_eps[x] = sign(x) max(|x| - eps, 0), and B = M - O, so that B = clamp(M, -eps, eps).
/// </summary>
public static class OutlierSplit
{
    /// <summary>
    /// The threshold eps of each matrix: the <paramref name="quantile"/> of its absolute values plus 1e-9 of the largest.
    /// </summary>
    /// <remarks>
    /// The published program adds an absolute 1e-9, so that a matrix with more zeros than the quantile keeps a base; a
    /// share of the largest value does the same at every scale of the gradient.
    /// </remarks>
    /// <param name="momentum">One matrix (m, n) or a batch (b, m, n); float32 or float64.</param>
    /// <param name="quantile">In (0, 1).</param>
    /// <returns>(1, 1), or (b, 1, 1) for a batch.</returns>
    public static Tensor Threshold(Tensor momentum, double quantile)
    {
        using var scope = NewDisposeScope();
        var magnitudes = momentum.abs().flatten(start_dim: -2);
        var largest = magnitudes.amax(new long[] { -1 }, keepdim: true);
        var threshold = Quantile.Exact(magnitudes, quantile).add_(largest, alpha: 1e-9);
        return threshold.unsqueeze(-1).MoveToOuterDisposeScope();
    }

    /// <summary>Makes of M its base B = clamp(M, -eps, eps), in place.</summary>
    /// <param name="momentum">(m, n) or (b, m, n).</param>
    /// <param name="threshold">eps, as <see cref="Threshold"/> gives it.</param>
    /// <returns><paramref name="momentum"/> itself.</returns>
    public static Tensor ToBase_(Tensor momentum, Tensor threshold)
    {
        using var negative = threshold.neg();
        return momentum.clamp_(min: negative, max: threshold);
    }

    /// <summary>O = T_eps[M] = sign(M) max(|M| - eps, 0): what <see cref="ToBase_"/> takes away.</summary>
    /// <param name="momentum">(m, n) or (b, m, n).</param>
    /// <param name="threshold">eps, as <see cref="Threshold"/> gives it.</param>
    public static Tensor Outliers(Tensor momentum, Tensor threshold)
    {
        using var scope = NewDisposeScope();
        return momentum.sign().mul_(momentum.abs().sub_(threshold).clamp_(min: 0)).MoveToOuterDisposeScope();
    }
}
