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
        if (normalization == Normalization.Frobenius)
        {
            var plain = SymmetricProduct.Add(A, A, A, beta: b, alpha: c);
            using var plainDiagonal = plain.diagonal(0, -2, -1);
            plainDiagonal.Add_(a);
            return plain;
        }
        using var square = SymmetricProduct.Multiply(A, A);
        // In float32 and rounded once: a, b and c cancel, and coefficients rounded to bfloat16 would be off for every
        // singular value alike.
        using var P = square.Widened();
        // Of norm 1 a matrix has n >= rank^(-3/8); one of zeros, which stays so, must only not be divided by 0.
        using var n = MatrixNorms.Frobenius(P).Pow_(0.25).ClampMin_(1e-3);
        using var n3 = n.Pow(-3);
        using var n5 = n.Pow(-5);
        P.mul_(n5.Mul_(c)).AddCMul_(A, n3, b);
        using var diagonal = P.diagonal(0, -2, -1);
        using var n1 = n.squeeze(-1);
        diagonal.Add_(n1.reciprocal_(), a);
        return P.to(A.dtype);
    }
}
