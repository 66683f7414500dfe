using System.Numerics;
using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Outliers;

/// <summary>Quantiles of a tensor's last dimension.</summary>
internal static class Quantile
{
    /// <summary>
    /// A sample holds at most this many entries, and seldom less than half of it. Where entries are independent, the share
    /// of all that lies beyond the 0.9-quantile of n of them deviates from 0.1 by sqrt(0.9 * 0.1 / n): by 0.0017 here,
    /// and by 0.0021 for <see cref="LeastSample"/>. Twice as many take twice the time, 0.75 ms of the 32 of a step of 768x3072 (2
    /// cores, libtorch 2.10, November 2026).
    /// </summary>
    public const long SampleSize = 1 << 15;

    /// <summary>Where a sample would be smaller than this, all entries are taken.</summary>
    public const long LeastSample = 20_000;

    /// <summary>
    /// Every s-th entry of matrices, for quantiles at a small part of their cost: s is the smallest stride that leaves no
    /// more than <see cref="SampleSize"/> entries and has no divisor in common with the number of columns, so that the
    /// sample passes through every row and every column. The same matrix gives the same sample.
    /// </summary>
    /// <param name="entries">(..., N): row by row.</param>
    /// <param name="columns">The columns of each matrix.</param>
    /// <returns>(..., ceil(N / s)), a view.</returns>
    public static Tensor Sample(Tensor entries, long columns)
    {
        var count = entries.size(-1);
        var stride = Math.Max(1, (count + SampleSize - 1) / SampleSize);
        while (BigInteger.GreatestCommonDivisor(stride, columns) != 1) stride++;
        return count / stride < LeastSample ? entries.alias() : entries.slice(-1, 0, count, stride);
    }

    /// <summary>The order statistic at or below the q-quantile: v[floor(q (N - 1))], v sorted.</summary>
    /// <param name="values">(..., N), 1 &lt;= N &lt; 2^31; floating point.</param>
    /// <param name="q">In [0, 1].</param>
    /// <returns>(..., 1).</returns>
    /// <exception cref="ArgumentException">q is outside [0, 1], or there are no values.</exception>
    public static Tensor Lower(Tensor values, double q)
    {
        using var scope = NewDisposeScope();
        var (place, count) = ((int)Math.Floor(Position(values, q)), checked((int)values.size(-1)));
        return (place >= count / 2
                ? Extreme(values, count - place, largest: true).amin(LastDimension, keepdim: true)
                : Extreme(values, place + 1, largest: false).amax(LastDimension, keepdim: true))
            .MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The q-quantile by selection, with linear interpolation between the two nearest order statistics (numpy's and
    /// torch.quantile's default): with h = q (N - 1), k = floor(h) and v sorted, v[k] + (h - k)(v[k+1] - v[k]).
    /// </summary>
    /// <remarks>
    /// h is computed in double: in float32, as ROOT's published program does it, it is wrong above 2^24 values.
    /// torch.quantile refuses more than 2^24 values.
    /// </remarks>
    /// <param name="values">(..., N), 1 &lt;= N &lt; 2^31; floating point.</param>
    /// <param name="q">In [0, 1].</param>
    /// <returns>(..., 1).</returns>
    /// <exception cref="ArgumentException">q is outside [0, 1], or there are no values.</exception>
    public static Tensor Exact(Tensor values, double q)
    {
        using var scope = NewDisposeScope();
        var position = Position(values, q);
        var fraction = position - Math.Floor(position);
        if (fraction == 0) return Lower(values, q).MoveToOuterDisposeScope();
        var (place, count) = ((int)Math.Floor(position), checked((int)values.size(-1)));
        var neighbors = place >= count / 2
            ? Extreme(Extreme(values, count - place, largest: true), 2, largest: false)
            : Extreme(Extreme(values, place + 2, largest: false), 2, largest: true);
        var (lower, upper) = (neighbors.amin(LastDimension, keepdim: true), neighbors.amax(LastDimension, keepdim: true));
        return lower.Add_(upper.sub_(lower), fraction).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The k largest or smallest, in no order. Their least is an order statistic, sooner found than by kthvalue, which works with one
    /// block of a GPU: 0.4 ms instead of 129 for the 0.9-quantile of 16.8 M values (H100, libtorch 2.11), and 27 instead of 124 for that
    /// of 2.4 M on the CPU (2 cores, libtorch 2.10, November 2026).
    /// </summary>
    private static Tensor Extreme(Tensor values, int k, bool largest)
    {
        var (chosen, places) = values.topk(k, -1, largest, sorted: false);
        places.Dispose();
        return chosen;
    }

    private static readonly long[] LastDimension = [-1];

    private static double Position(Tensor values, double q)
    {
        var count = values.size(-1);
        if (!(q >= 0 && q <= 1)) throw new ArgumentException($"A quantile lies in [0, 1]; got {q}.", nameof(q));
        if (count == 0) throw new ArgumentException("There is no quantile of no values.", nameof(values));
        return q * (count - 1);
    }
}
