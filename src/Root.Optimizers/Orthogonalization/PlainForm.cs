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
        using var scope = NewDisposeScope();
        var steps = schedule.AsEnumerable();
        if (schedule.Normalization != Normalization.Frobenius || norm != 1)
        {
            Tensors.Replace(ref X, X =>
                ShorterSide.Times(FirstStep.Polynomial(ShorterSide.Gram(X), schedule[0], schedule.Normalization, norm), X));
            steps = steps.Skip(1);
        }
        foreach (var (a, b, c) in steps)
            Tensors.Replace(ref X, X =>
            {
                Tensor Z;
                using (var A = ShorterSide.Gram(X)) Z = SymmetricProduct.Add(A, A, A, beta: b, alpha: c);
                return ShorterSide.Add(a, X, Z);
            });
        return X.MoveToOuterDisposeScope();
    }
}
