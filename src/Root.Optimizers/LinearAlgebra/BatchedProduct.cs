using static TorchSharp.torch;

namespace Root.Optimizers.LinearAlgebra;

/// <summary>beta C + alpha A B for batches of matrices, in one kernel.</summary>
internal static class BatchedProduct
{
    /// <summary>
    /// TorchSharp 0.107 hands baddbmm's arguments to libtorch in another order: C.baddbmm(A, B) returns beta B + alpha C A.
    /// One call finds out, so that a version of TorchSharp that mends it gives the same result here.
    /// </summary>
    private static readonly bool Rotated = IsRotated();

    /// <param name="C">(b, m, n).</param>
    /// <param name="A">(b, m, k).</param>
    /// <param name="B">(b, k, n).</param>
    /// <param name="beta">Of C.</param>
    /// <param name="alpha">Of the product.</param>
    public static Tensor Add(Tensor C, Tensor A, Tensor B, double beta = 1, double alpha = 1)
    {
        // TorchSharp takes both factors in float32.
        if (C.dtype == ScalarType.Float64) return C.Mul(beta).Add_(A.bmm(B), alpha);
        return Rotated ? A.baddbmm(B, C, (float)beta, (float)alpha) : C.baddbmm(A, B, (float)beta, (float)alpha);
    }

    private static bool IsRotated()
    {
        using var scope = NewDisposeScope();
        var (C, A, B) = (One(1), One(2), One(3));
        return C.baddbmm(A, B).item<float>() != 1 + 2 * 3;

        static Tensor One(float value) => tensor([value]).reshape(1, 1, 1);
    }
}
