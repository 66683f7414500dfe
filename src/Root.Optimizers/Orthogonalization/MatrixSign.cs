using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Orthogonalization;

/// <summary>The matrix sign msign(X) = U V^T of X = U S V^T: what Newton-Schulz tends to.</summary>
public static class MatrixSign
{
    /// <summary>
    /// msign(X) by Polar Express: singular values from 1e-3 of ||X||_F on end within rounding of 1 from eight steps on.
    /// Source: Amsel et al., arXiv 2505.16932; <see cref="PublishedSchedules.PolarExpress"/>.
    /// </summary>
    /// <param name="X">(m, n) or (b, m, n), floating point; not changed. Its scale does not matter.</param>
    /// <param name="steps">At least 1.</param>
    /// <param name="dtype">The element type of the iteration; by default X's own.</param>
    /// <param name="form">Which products are formed.</param>
    /// <returns>Of the shape and type of <paramref name="X"/>. A zero matrix stays zero.</returns>
    /// <exception cref="ArgumentException">X has fewer than 2 or more than 3 dimensions.</exception>
    public static Tensor PolarExpress(Tensor X, int steps = 8, ScalarType? dtype = null,
        NewtonSchulzForm form = NewtonSchulzForm.Automatic)
    {
        using var scope = NewDisposeScope();
        return NewtonSchulz.Orthogonalize(X, PublishedSchedules.PolarExpress(steps), dtype, form).to(X.dtype)
            .MoveToOuterDisposeScope();
    }
}
