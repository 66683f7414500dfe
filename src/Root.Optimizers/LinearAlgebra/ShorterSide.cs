using static TorchSharp.torch;

namespace Root.Optimizers.LinearAlgebra;

/// <summary>
/// The products of an iteration on the side where a matrix is shorter: from the left for wide matrices, from the right
/// for tall ones, so that neither is ever copied to be transposed. Polynomials of the Gram matrix are symmetric.
/// </summary>
internal static class ShorterSide
{
    /// <summary>X X^T, or X^T X where X is tall.</summary>
    public static Tensor Gram(Tensor X) => IsTall(X) ? SymmetricProduct.Multiply(X.mT, X) : SymmetricProduct.Multiply(X, X.mT);

    /// <summary>
    /// Q X, or X Q^T where X is tall. Rounding leaves a product of polynomials a little less than symmetric; the transpose keeps
    /// the order in which they act on X.
    /// </summary>
    public static Tensor Times(Tensor Q, Tensor X) => IsTall(X) ? X.bmm(Q.mT) : Q.bmm(X);

    /// <summary>a X + Z X, or a X + X Z where X is tall.</summary>
    public static Tensor Add(double a, Tensor X, Tensor Z) => IsTall(X)
        ? BatchedProduct.Add(X, X, Z, beta: a)
        : BatchedProduct.Add(X, Z, X, beta: a);

    private static bool IsTall(Tensor X) => X.size(1) > X.size(2);
}
