using Root.Optimizers.LinearAlgebra;
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
    /// The threshold eps of each matrix: the <paramref name="quantile"/> of its absolute values; where that is 0, 1e-9 of the
    /// largest.
    /// </summary>
    /// <remarks>
    /// The published program adds an absolute 1e-9, so that a matrix with more zeros than the quantile keeps a base; a
    /// share of the largest value does the same at every scale of the gradient.
    /// </remarks>
    /// <param name="momentum">One matrix (m, n) or a batch (b, m, n); float32 or float64.</param>
    /// <param name="quantile">In (0, 1).</param>
    /// <param name="exact">Whether to look at every entry, or at a sample of them (<see cref="Quantile.Sample"/>).</param>
    /// <returns>(1, 1), or (b, 1, 1) for a batch.</returns>
    public static Tensor Threshold(Tensor momentum, double quantile, bool exact = true)
    {
        using var scope = NewDisposeScope();
        var entries = momentum.flatten(start_dim: -2);
        var magnitudes = (exact ? entries : Quantile.Sample(entries, momentum.size(-1))).abs();
        var threshold = exact ? Quantile.Exact(magnitudes, quantile) : Quantile.Lower(magnitudes, quantile);
        return OfLargestWhereZero(threshold, entries, 1e-9).unsqueeze(-1).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The threshold eps = k median |M| of each matrix, which does not take more where there are no outliers: of independent Gaussian
    /// entries, whose median of |M| is 0.6745 standard deviations, k = 5.93 touches those beyond four, one in 16,000. Where half of the
    /// entries are 0 and tell nothing of the scale, no entry is beyond it.
    /// </summary>
    /// <param name="momentum">One matrix (m, n) or a batch (b, m, n); float32 or float64.</param>
    /// <param name="k">Above 0.</param>
    /// <param name="exact">Whether to look at every entry, or at a sample of them (<see cref="Quantile.Sample"/>).</param>
    /// <returns>(1, 1), or (b, 1, 1) for a batch.</returns>
    public static Tensor ThresholdByScale(Tensor momentum, double k, bool exact = true)
    {
        using var scope = NewDisposeScope();
        var entries = momentum.flatten(start_dim: -2);
        var median = Quantile.Lower((exact ? entries : Quantile.Sample(entries, momentum.size(-1))).abs(), 0.5);
        return OfLargestWhereZero(median.Mul_(k), entries, 1).unsqueeze(-1).MoveToOuterDisposeScope();
    }

    /// <summary>A threshold, or a share of the largest entry where it is 0.</summary>
    private static Tensor OfLargestWhereZero(Tensor threshold, Tensor entries, double share)
    {
        var none = threshold.IsZero();
        // Of all entries, since a sample may miss the few that are not 0. On the CPU, where reading is free, only then.
        return threshold.device_type == DeviceType.CPU && !none.any().item<bool>()
            ? threshold
            : where(none, LargestOf(entries).Mul_(share), threshold);
    }

    private static Tensor LargestOf(Tensor entries) => linalg.norm(entries, double.PositiveInfinity, LastDimension, keepdim: true);

    private static readonly long[] LastDimension = [-1];

    /// <summary>
    /// From so many entries on a matrix is clamped by a call of its own, between numbers, which libtorch does at up to twenty times
    /// the speed at which it does it between tensors. Reading a number is free on the CPU, where on a GPU it would wait for all
    /// work in flight. Source: one and two threads, libtorch 2.10, November 2026, of the time between tensors: 12 of 16x64 1.1 to 2.4, of
    /// 64x64 0.3 to 0.4, 8 of 192x768 0.05 to 0.12.
    /// </summary>
    private const long LeastBetweenNumbers = 1 << 11;

    /// <summary>Makes of M its base B = clamp(M, -eps, eps), in place.</summary>
    /// <param name="momentum">(m, n) or (b, m, n).</param>
    /// <param name="threshold">eps, as <see cref="Threshold"/> gives it.</param>
    /// <returns><paramref name="momentum"/> itself.</returns>
    public static Tensor ToBase_(Tensor momentum, Tensor threshold)
    {
        if (momentum.device_type != DeviceType.CPU || momentum.size(-2) * momentum.size(-1) < LeastBetweenNumbers)
        {
            using var least = threshold.neg();
            momentum.clamp_(min: least, max: threshold);
            return momentum;
        }
        using var scope = NewDisposeScope();
        var bounds = threshold.to(ScalarType.Float64).reshape(-1).data<double>().ToArray();
        Tensor[] matrices = momentum.dim() == 3 ? momentum.unbind() : [momentum];
        foreach (var (matrix, eps) in matrices.Zip(bounds)) matrix.Clamp_(-eps, eps);
        return momentum;
    }

    /// <summary>O = T_eps[M] = sign(M) max(|M| - eps, 0): what <see cref="ToBase_"/> takes away.</summary>
    /// <param name="momentum">(m, n) or (b, m, n).</param>
    /// <param name="threshold">eps, as <see cref="Threshold"/> gives it.</param>
    public static Tensor Outliers(Tensor momentum, Tensor threshold)
    {
        using var scope = NewDisposeScope();
        return momentum.sign().mul_(momentum.abs().sub_(threshold).ClampMin_(0)).MoveToOuterDisposeScope();
    }
}
