using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// The iteration in Gram space: with R = X X^T, Z = b R + c R^2 and P = a I + Z, a step is X &lt;- P X and so R &lt;- P R P. The
/// P's are gathered in Q, all n x n with n the shorter side, and X &lt;- Q X follows at the end and wherever R has to be formed
/// anew, before its rounding drowns the squares of small singular values. Tall X are multiplied from the right.
/// </summary>
internal static class GramForm
{
    /// <summary>
    /// By how much the steps between two forms of R may multiply small singular values, the last step apart: rounding of R
    /// grows by the square of it, and what rounding made negative grows without bound. Source: measured on matrices of 24 to
    /// 768 rows, singular values filling [l, 1] or most of them below it, libtorch 2.10, November 2026. At a gain of 12 (three
    /// steps, l = 0.1) bfloat16 leaves singular values within 0.04 of the bound, at 22 within 0.11, at 42 they reach 60. In float32
    /// directions on singular values 0.8^k are off by at most 6 times the plain form's error with this limit, by 30 times at a
    /// gain of 105; float64, which was not measured, takes its limit. In float16, eight times finer than bfloat16, three to six
    /// steps leave singular values within 0.03 of the bound with this limit (24x96 to 512x1024), and reach 1.5 for 1.28 at 33, 2.4 at
    /// 131. A schedule that does not say how small the values are that it is for is held to the smallest there are.
    /// </summary>
    private static double LargestGain(NewtonSchulzSchedule schedule, ScalarType dtype) =>
        schedule.Lower is not null && dtype != ScalarType.BFloat16 ? 30 : 12;

    /// <summary>
    /// The same before the last of few steps, from whose R nothing more is made, where the schedule itself leaves values farther from 1
    /// than rounding then does: in bfloat16 of matrices from <see cref="LeastSideInBFloat16"/> on. Source: measured as above on three steps
    /// made for l of 1.5e-3 to 1e-2 (a gain of 29 to 34), values evenly in log s. In bfloat16 they end above the bound by up to 0.2 on
    /// 768x2304 (one matrix of each l), 0.35 on 192x768 and 0.49 on 128x512 (twelve), but 1.1 on 24x96, and up to 0.17 below it; each
    /// singular vector by itself is multiplied by what the schedule says to 0.01, 0.02 and 0.04, and what belongs to none is 0.1 to 0.2
    /// of the result in norm, for 0.05: a training does not feel it (docs/results/sign.md). In float16 they end 0.05 above it at most,
    /// in float32 within it.
    /// </summary>
    private static double LargestGainAtLast(NewtonSchulzSchedule schedule, ScalarType dtype, long shorterSide) =>
        schedule is { Count: <= MinimaxFamily.FewSteps, Lower: not null, Bound: > 0.25 }
            && (dtype != ScalarType.BFloat16 || shorterSide >= LeastSideInBFloat16) ? 35 : LargestGain(schedule, dtype);

    private const long LeastSideInBFloat16 = 128;

    /// <summary>A step of a schedule for 1 leaves singular values of at most 2, to which the rounding of a new R is relative.</summary>
    private const double GainOfNewR = 2;

    /// <summary>The numbers of steps after which X follows, in order; the last is all of them.</summary>
    public static IReadOnlyList<int> Ends(NewtonSchulzSchedule schedule, ScalarType dtype, long shorterSide)
    {
        var (ends, gain) = (new List<int>(), 1.0);
        for (var k = 0; k < schedule.Count; k++)
        {
            if (gain > (k == schedule.Count - 1 ? LargestGainAtLast(schedule, dtype, shorterSide) : LargestGain(schedule, dtype)))
            {
                ends.Add(k);
                gain = GainOfNewR;
            }
            gain *= schedule[k].A;
        }
        ends.Add(schedule.Count);
        return ends;
    }

    /// <param name="X">(b, m, n); disposed.</param>
    /// <param name="schedule">The coefficients of each step.</param>
    /// <param name="norm">The Frobenius norm of each matrix.</param>
    public static Tensor Iterate(Tensor X, NewtonSchulzSchedule schedule, double norm)
    {
        var ends = Ends(schedule, X.dtype, Math.Min(X.size(1), X.size(2)));
        var R = ShorterSide.Gram(X);
        Tensor? Q = null;
        for (var k = 0; k < schedule.Count; k++)
        {
            var last = ends.Contains(k + 1);
            var (a, b, c) = schedule[k];
            if (Q is null)
            {
                Q = k == 0
                    ? FirstStep.Polynomial(R, schedule[0], schedule.Normalization, norm)
                    : FirstStep.Polynomial(R, schedule[k], Normalization.Frobenius);
                if (!last)
                {
                    using var QR = SymmetricProduct.Multiply(Q, R);
                    Tensors.Replace(ref R, SymmetricProduct.Multiply(QR, Q));
                }
            }
            else
            {
                using var Z = SymmetricProduct.Add(R, R, R, beta: b, alpha: c);
                // Whole: what rounding broke of the symmetry of Q, mirroring one half would enlarge.
                Tensors.Replace(ref Q, BatchedProduct.Add(Q, Z, Q, beta: a));
                if (!last)
                {
                    using var RP = SymmetricProduct.Add(R, R, Z, beta: a);
                    Tensors.Replace(ref R, SymmetricProduct.Add(RP, Z, RP, beta: a));
                }
            }
            if (!last) continue;
            Tensors.Replace(ref X, ShorterSide.Times(Q, X));
            Q.Dispose();
            Q = null;
            if (k + 1 < schedule.Count) Tensors.Replace(ref R, ShorterSide.Gram(X));
        }
        R.Dispose();
        return X;
    }
}
