using static TorchSharp.torch;

namespace Root.Optimizers.Manifolds;

/// <summary>Norms of every matrix of a batch, (b, m, n) -> (b, 1, 1).</summary>
internal static class MatrixNorms
{
    private static readonly long[] LastTwo = [-2, -1];

    /// <summary>||X||_F.</summary>
    public static Tensor Frobenius(Tensor X) => linalg.vector_norm(X, dims: LastTwo, keepdim: true);

    /// <summary>max |x_ij|.</summary>
    public static Tensor Largest(Tensor X) => X.abs().amax(LastTwo, keepdim: true);

    /// <summary>The same, with 1 in the place of 0, for use as a divisor.</summary>
    public static Tensor OrOne(Tensor norm) => norm.masked_fill(norm.eq(0), 1);
}
