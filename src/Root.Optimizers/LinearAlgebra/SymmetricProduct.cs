using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.LinearAlgebra;

/// <summary>
/// Products that are known to be symmetric: X X^T, and those of polynomials of one symmetric matrix. On the CPU large ones
/// are made in strips of columns from the diagonal on, and the rest is their transpose: up to a third of the work less.
/// </summary>
internal static class SymmetricProduct
{
    /// <summary>
    /// Operations from which on strips gain. Source: 2 cores, libtorch 2.10, November 2026, bfloat16 and float32, as a share of the
    /// whole product: 768x768 of 768 columns 0.93 and 0.74, of 3072 columns 0.76 and 0.72, 2048x2048 0.80 and 0.78; 512x512 of
    /// 2048 columns 0.86 and 0.88, of 512 columns 1.12 and 0.92.
    /// </summary>
    private const double LeastOperations = 8e8;

    /// <summary>A strip's columns; measured as above, 128 to 512.</summary>
    private const long Columns = 256;

    /// <summary>A B.</summary>
    /// <param name="A">(b, n, k).</param>
    /// <param name="B">(b, k, n).</param>
    public static Tensor Multiply(Tensor A, Tensor B)
    {
        if (!Pays(A)) return A.bmm(B);
        var C = empty(A.size(0), A.size(1), A.size(1), dtype: A.dtype, device: A.device);
        Fill_(C, A, B, beta: 0, alpha: 1);
        return C;
    }

    /// <summary>beta C + alpha A B.</summary>
    /// <param name="C">(b, n, n), symmetric; not changed.</param>
    /// <param name="A">(b, n, k).</param>
    /// <param name="B">(b, k, n).</param>
    /// <param name="beta">Of C.</param>
    /// <param name="alpha">Of the product.</param>
    public static Tensor Add(Tensor C, Tensor A, Tensor B, double beta, double alpha = 1)
    {
        // Strips take both factors in float32.
        if (!Pays(A) || C.dtype == ScalarType.Float64) return BatchedProduct.Add(C, A, B, beta, alpha);
        var sum = C.clone();
        Fill_(sum, A, B, (float)beta, (float)alpha);
        return sum;
    }

    /// <summary>Strips are written in place, which autograd refuses where it follows a gradient.</summary>
    private static bool Pays(Tensor A) => A.device_type == DeviceType.CPU && !A.requires_grad
        && A.size(1) > Columns && 2.0 * A.size(1) * A.size(1) * A.size(2) >= LeastOperations;

    private static void Fill_(Tensor sums, Tensor As, Tensor Bs, float beta, float alpha)
    {
        using var scope = NewDisposeScope();
        var n = sums.size(1);
        foreach (var (C, A, B) in sums.unbind().Zip(As.unbind(), Bs.unbind()))
            for (long i = 0, next; i < n; i = next)
            {
                next = Math.Min(i + Columns, n);
                var strip = C.narrow(1, i, next - i);
                strip.narrow(0, i, n - i).addmm_(A.narrow(0, i, n - i), B.narrow(1, i, next - i), beta, alpha);
                if (next < n) C.narrow(0, i, next - i).narrow(1, next, n - next).copy_(strip.narrow(0, next, n - next).mT);
            }
    }
}
