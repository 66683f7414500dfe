using static TorchSharp.torch;

namespace Root.Optimizers.LinearAlgebra;

/// <summary>Norms of every matrix of a batch, (b, m, n) -> (b, 1, 1).</summary>
internal static class MatrixNorms
{
    private static readonly long[] LastTwo = [-2, -1];

    /// <summary>||X||_F.</summary>
    public static Tensor Frobenius(Tensor X) => linalg.norm(X, LastTwo, keepdim: true);

    /// <summary>max |x_ij|, without a copy of X: at the size of a layer such copies cost more than the two passes.</summary>
    public static Tensor Largest(Tensor X)
    {
        using var scope = NewDisposeScope();
        return maximum(X.amax(LastTwo, keepdim: true), X.amin(LastTwo, keepdim: true).neg_()).MoveToOuterDisposeScope();
    }

    /// <summary>The same, with 1 in the place of 0, for use as a divisor.</summary>
    public static Tensor OrOne(Tensor norm) => norm.MaskedFill(norm.IsZero(), 1);
}
