using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Orthogonalization;

/// <summary>The polynomial of the first step, which also normalizes.</summary>
internal static class FirstStep
{
    /// <summary>
    /// P = a/n I + b/n^3 A + c/n^5 A^2 with A = X X^T, so that P X is the step for X/n; n = ||X||_F, or
    /// n = ||A^2||_F^(1/4) = (sum s_i^8)^(1/8), which A^2 shows at no further product. n stays on the device: reading it would
    /// wait for all work in flight.
    /// </summary>
    /// <param name="A">(b, n, n); not changed.</param>
    /// <param name="step">The first step's coefficients.</param>
    /// <param name="normalization">Frobenius for n = <paramref name="norm"/>.</param>
    /// <param name="norm">The Frobenius norm of X.</param>
    /// <returns>P, (b, n, n).</returns>
    public static Tensor Polynomial(Tensor A, QuinticStep step, Normalization normalization, double norm = 1)
    {
        var (a, b, c) = normalization == Normalization.Frobenius ? step.ForInputOver(norm) : step;
        using var scope = NewDisposeScope();
        if (normalization == Normalization.Frobenius)
        {
            var plain = SymmetricProduct.Add(A, A, A, beta: b, alpha: c);
            plain.diagonal(0, -2, -1).Add_(a);
            return plain.MoveToOuterDisposeScope();
        }
        var square = SymmetricProduct.Multiply(A, A);
        var accurate = square.Widened();
        var n = MatrixNorms.OrOne(MatrixNorms.Frobenius(accurate).Pow(0.25));
        // In float32 and rounded once: a, b and c cancel, and coefficients rounded to bfloat16 would be off for every
        // singular value alike.
        var P = (A * b.Over(n.Pow(3))).Add_(accurate * c.Over(n.Pow(5)));
        P.diagonal(0, -2, -1).Add_(a.Over(n.squeeze(-1)));
        return P.to(A.dtype).MoveToOuterDisposeScope();
    }
}
