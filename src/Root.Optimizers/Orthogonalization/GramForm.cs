using static TorchSharp.torch;

namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// The iteration in Gram space: with R = X X^T, Z = b R + c R^2 and P = a I + Z, a step is X &lt;- P X and so R &lt;- P R P. The
/// P's are gathered in Q, all n x n with n the shorter side, and X &lt;- Q X follows at the end, and once after step 2, with
/// R formed anew: rounding in R would otherwise grow (in bfloat16 past use). Tall X are multiplied from the right.
/// </summary>
internal static class GramForm
{
    private const int RestartAfter = 2;

    /// <param name="X">(b, m, n), of Frobenius norm 1 each; disposed.</param>
    /// <param name="schedule">The coefficients of each step.</param>
    /// <param name="normalisation">What the first step divides by.</param>
    public static Tensor Iterate(Tensor X, NewtonSchulzSchedule schedule, Normalisation normalisation)
    {
        using var scope = NewDisposeScope();
        var R = ShorterSide.Gram(X);
        Tensor? Q = null;
        for (var k = 0; k < schedule.Count; k++)
        {
            using var inner = NewDisposeScope();
            var before = (Q, R);
            var last = k + 1 == schedule.Count || k + 1 == RestartAfter;
            var (a, b, c) = schedule[k];
            if (Q is null)
            {
                Q = FirstStep.Polynomial(R, schedule[k], k == 0 ? normalisation : Normalisation.Frobenius);
                if (!last) R = Q.bmm(R).bmm(Q);
            }
            else
            {
                var Z = BatchedProduct.Add(R, R, R, beta: b, alpha: c);
                Q = BatchedProduct.Add(Q, Z, Q, beta: a);
                if (!last)
                {
                    var RP = BatchedProduct.Add(R, R, Z, beta: a);
                    R = BatchedProduct.Add(RP, Z, RP, beta: a);
                }
            }
            if (last)
            {
                (var previous, X) = (X, ShorterSide.Times(Q, X).MoveToOuterDisposeScope());
                previous.Dispose();
                Q = null;
                if (k + 1 < schedule.Count) R = ShorterSide.Gram(X);
            }
            else
            {
                Q.MoveToOuterDisposeScope();
            }
            if (!ReferenceEquals(R, before.R)) before.R.Dispose();
            before.Q?.Dispose();
            R.MoveToOuterDisposeScope();
        }
        return X.MoveToOuterDisposeScope();
    }
}
