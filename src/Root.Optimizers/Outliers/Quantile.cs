using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Outliers;

/// <summary>Quantiles of a tensor's last dimension.</summary>
public static class Quantile
{
    /// <summary>
    /// A sample keeps at least this many of a matrix's entries. The share of all entries beyond a sample's 0.9-quantile
    /// then deviates from 0.1 by 0.0012 where entries are independent (sqrt(0.9 * 0.1 / 65536)), so that 0.005 is four
    /// deviations.
    /// </summary>
    public const long SampleSize = 1 << 16;

    /// <summary>
    /// Every s-th entry of matrices, for quantiles at a small part of their cost: s is the largest stride that leaves
    /// <see cref="SampleSize"/> entries and has no divisor in common with the number of columns, so that the sample
    /// passes through every row and every column. The same matrix gives the same sample.
    /// </summary>
    /// <param name="entries">(..., N): row by row.</param>
    /// <param name="columns">The columns of each matrix.</param>
    /// <returns>(..., ceil(N / s)), a view; all of <paramref name="entries"/> where they are few.</returns>
    public static Tensor Sample(Tensor entries, long columns)
    {
        var stride = Math.Max(1, entries.shape[^1] / SampleSize);
        while (BigInteger.GreatestCommonDivisor(stride, columns) != 1) stride--;
        return entries.slice(-1, 0, entries.shape[^1], stride);
    }

    /// <summary>
    /// The q-quantile by selection, with linear interpolation between the two nearest order statistics (numpy's and
    /// torch.quantile's default): with h = q (N - 1), k = floor(h) and v sorted, v[k] + (h - k)(v[k+1] - v[k]).
    /// </summary>
    /// <remarks>
    /// h is computed in double: in float32, as ROOT's published program does it, it is wrong above 2^24 values.
    /// torch.quantile refuses more than 2^24 values.
    /// </remarks>
    /// <param name="values">(..., N), N >= 1; floating point.</param>
    /// <param name="q">In [0, 1].</param>
    /// <returns>(..., 1).</returns>
    /// <exception cref="ArgumentException">q is outside [0, 1], or there are no values.</exception>
    public static Tensor Exact(Tensor values, double q)
    {
        var count = values.shape[^1];
        if (!(q >= 0 && q <= 1)) throw new ArgumentException($"A quantile lies in [0, 1]; got {q}.", nameof(q));
        if (count == 0) throw new ArgumentException("There is no quantile of no values.", nameof(values));

        using var scope = NewDisposeScope();
        var position = q * (count - 1);
        var below = (long)Math.Floor(position);
        var fraction = position - below;
        var (lower, _) = values.kthvalue(below + 1, -1, keepdim: true);
        if (fraction == 0) return lower.MoveToOuterDisposeScope();
        var (upper, _) = values.kthvalue(below + 2, -1, keepdim: true);
        return lower.add_(upper.sub_(lower), alpha: fraction).MoveToOuterDisposeScope();
    }
}
