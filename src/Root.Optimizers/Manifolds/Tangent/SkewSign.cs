using Root.Optimizers.LinearAlgebra;
using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Manifolds.Tangent;

/// <summary>
/// msign of skew-symmetric matrices by Polar Express: K = Q S Q^T with 2 x 2 rotations-by-90-degrees times sigma in S
/// becomes the same with 1 in the place of each sigma. The result is skew bit for bit.
/// </summary>
internal static class SkewSign
{
    private static readonly NewtonSchulzSchedule Schedule = PublishedSchedules.PolarExpress(8);

    /// <param name="K">(b, k, k), skew; not changed. Zero stays zero.</param>
    /// <param name="dtype">The element type of the iteration; 16 bits are float32 for small matrices
    /// (<see cref="NewtonSchulz.LeastSideIn16Bits"/>).</param>
    /// <returns>(b, k, k), in the type of <paramref name="K"/>.</returns>
    public static Tensor Compute(Tensor K, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        // (sum sigma^4)^(1/4), closer to the largest singular value than the Frobenius norm.
        var norm = MatrixNorms.Frobenius(K.bmm(K)).sqrt_();
        var X = K.div(MatrixNorms.OrOne(norm)).to(NewtonSchulz.IterationType(dtype, K.shape[^1]));
        foreach (var (a, b, c) in Schedule)
        {
            using var inner = NewDisposeScope();
            var A = X.bmm(X.mT);
            var P = BatchedProduct.Add(A, A, A, beta: b, alpha: c);
            var next = BatchedProduct.Add(X, P, X, beta: a);
            // Rounding leaves a symmetric part, which the iteration would amplify: in bfloat16 singular values overshoot by up
            // to a quarter without this.
            X = next.sub(next.mT).Mul_(0.5).MoveToOuterDisposeScope();
        }
        return X.to(K.dtype).MoveToOuterDisposeScope();
    }
}
