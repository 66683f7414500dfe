using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// X &lt;- a X + (b A + c A^2) X, A = X X^T (tall X: from the right): two products with X and one of n x n a step.
/// </summary>
internal static class PlainForm
{
    /// <param name="X">(b, m, n); disposed.</param>
    /// <param name="schedule">The coefficients of each step.</param>
    /// <param name="norm">The Frobenius norm of each matrix.</param>
    public static Tensor Iterate(Tensor X, NewtonSchulzSchedule schedule, double norm)
    {
        var first = 0;
        if (schedule.Normalization != Normalization.Frobenius || norm != 1)
        {
            using var A = ShorterSide.Gram(X);
            using var P = FirstStep.Polynomial(A, schedule[first++], schedule.Normalization, norm);
            Tensors.Replace(ref X, ShorterSide.Times(P, X));
        }
        for (var k = first; k < schedule.Count; k++)
        {
            var (a, b, c) = schedule[k];
            var A = ShorterSide.Gram(X);
            using var Z = SymmetricProduct.Add(A, A, A, beta: b, alpha: c);
            A.Dispose();
            Tensors.Replace(ref X, ShorterSide.Add(a, X, Z));
        }
        return X;
    }
}
