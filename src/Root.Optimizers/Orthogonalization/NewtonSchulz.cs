using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// Orthogonalization of matrices by the Newton-Schulz iteration: from X_0 = M / ||M||_F,
/// X_k = a X + b (X X^T) X + c (X X^T)^2 X with the schedule's (a, b, c) of step k, which drives every singular value
/// towards 1 and so X towards U V^T of the singular value decomposition M = U S V^T.
/// Sources: Jordan et al., "Muon" (2024); He et al., "ROOT" (arXiv 2511.20626), equation 4.
/// </summary>
public static class NewtonSchulz
{
    /// <summary>Orthogonalizes one matrix or every matrix of a batch.</summary>
    /// <param name="matrices">(m, n) or (b, m, n), floating point; not changed. The iteration runs in the orientation with
    /// fewer rows, so a matrix and its transpose give transposed results.</param>
    /// <param name="schedule">The coefficients of each step.</param>
    /// <param name="dtype">The element type of the iteration; by default that of <paramref name="matrices"/>.</param>
    /// <returns>A tensor of the same shape, in the iteration's element type. An all-zero matrix stays zero.</returns>
    /// <exception cref="ArgumentException">The tensor has fewer than 2 or more than 3 dimensions.</exception>
    public static Tensor Orthogonalize(Tensor matrices, NewtonSchulzSchedule schedule, ScalarType? dtype = null)
    {
        if (matrices.dim() is not (2 or 3))
            throw new ArgumentException(
                $"Newton-Schulz takes (m, n) or (b, m, n); got a tensor of shape ({string.Join(", ", matrices.shape)}).",
                nameof(matrices));

        using var scope = NewDisposeScope();
        var batch = matrices.dim() == 3 ? matrices : matrices.unsqueeze(0);
        var tall = batch.shape[1] > batch.shape[2];
        var X = Normalize(tall ? batch.mT : batch, dtype ?? matrices.dtype);
        foreach (var (a, b, c) in schedule)
            X = Step(X, a, b, c);
        if (tall) X = X.mT;
        return (matrices.dim() == 3 ? X : X.squeeze(0)).MoveToOuterDisposeScope();
    }

    /// <summary>a X + (b A + c A^2) X, A = X X^T.</summary>
    private static Tensor Step(Tensor X, double a, double b, double c)
    {
        using var A = X.matmul(X.mT);
        using var Z = BatchedProduct.Add(A, A, A, beta: b, alpha: c);
        using (X)
            return BatchedProduct.Add(X, Z, X, beta: a);
    }

    /// <summary>
    /// X / ||X||_F. Dividing by the largest entry first keeps the squares of tiny and huge gradients in range, so that the
    /// result does not depend on the gradient's scale; an all-zero matrix is divided by 1.
    /// </summary>
    private static Tensor Normalize(Tensor X, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var wide = X.dtype is ScalarType.Float32 or ScalarType.Float64 ? X : X.to(ScalarType.Float32);
        var largest = wide.abs().amax(new long[] { -2, -1 }, keepdim: true);
        var unit = wide / largest.masked_fill_(largest.eq(0), 1);
        var norm = linalg.vector_norm(unit, dims: new long[] { -2, -1 }, keepdim: true);
        return unit.div_(norm.masked_fill_(norm.eq(0), 1)).to(dtype).MoveToOuterDisposeScope();
    }
}
