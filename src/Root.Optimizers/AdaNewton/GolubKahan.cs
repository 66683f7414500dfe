using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.AdaNewton;

/// <summary>
/// The distribution of a large matrix's singular values by Golub-Kahan-Lanczos bidiagonalization: the singular values of the
/// bidiagonal matrix that k steps from a random unit vector build are the nodes of a Gauss quadrature, the squared first
/// components of its left singular vectors the weights. Source: Golub and Meurant, "Matrices, Moments and Quadrature".
/// </summary>
internal static class GolubKahan
{
    /// <summary>The nodes and their weights, of sum 1; one NaN where the matrix is not finite.</summary>
    /// <param name="matrix">(m, n); not changed.</param>
    /// <param name="steps">k: two products of the matrix with a vector each, and k^2 times the shorter side for the
    /// orthogonality that rounding takes.</param>
    public static (double[] values, double[] weights) Quadrature(Tensor matrix, int steps)
    {
        using var scope = NewDisposeScope();
        var X = (matrix.shape[0] <= matrix.shape[1] ? matrix : matrix.mT).Widened();
        var count = (int)Math.Min(steps, X.shape[0]);
        if (!X.isfinite().all().item<bool>()) return ([double.NaN], [1]);
        // Divided by the largest entry in its own type, whose range may be wider than float32's.
        var scale = X.abs().max().to(ScalarType.Float64).item<double>();
        if (scale == 0) return ([0], [1]);
        X = X.Div(scale).to(ScalarType.Float32);

        // X^T u_j = alpha_j v_j + beta_(j-1) v_(j-1), X v_j = beta_j u_(j+1) + alpha_j u_j; all stay on the device.
        var U = zeros(count, X.shape[0], dtype: ScalarType.Float32, device: X.device);
        var V = zeros(count, X.shape[1], dtype: ScalarType.Float32, device: X.device);
        var (alphas, betas) = (new List<Tensor>(), new List<Tensor>());
        var u = Probe(X.shape[0]).to(X.device);
        for (var j = 0; j < count; j++)
        {
            using var inner = NewDisposeScope();
            U[j].copy_(u);
            var v = X.mT.mv(u);
            if (j > 0) v.sub_(V.narrow(0, 0, j).mT.mv(V.narrow(0, 0, j).mv(v)));
            var alpha = v.norm();
            V[j].copy_(v.div_(alpha.ClampMin(1e-30)));
            var next = X.mv(V[j]);
            var basis = U.narrow(0, 0, j + 1);
            // Twice, since once leaves what the first pass rounds.
            next.sub_(basis.mT.mv(basis.mv(next)));
            next.sub_(basis.mT.mv(basis.mv(next)));
            var beta = next.norm();
            u = next.div_(beta.ClampMin(1e-30)).MoveToOuterDisposeScope();
            alphas.Add(alpha.MoveToOuterDisposeScope());
            betas.Add(beta.MoveToOuterDisposeScope());
        }

        // X V = U B with B lower bidiagonal, so that B B^T = U^T X X^T U on the space that u_1 spans.
        var B = diag(stack(alphas).cpu().to(ScalarType.Float64));
        if (count > 1) B.diagonal(-1, 0, 1).copy_(stack(betas.SkipLast(1)).cpu());
        var (left, values, _) = linalg.svd(B);
        var weights = left[0].data<double>().Select(first => first * first).ToArray();
        return (values.data<double>().Select(s => s * scale).ToArray(), weights.Select(w => w / weights.Sum()).ToArray());
    }

    /// <summary>A unit vector of random signs, the same for every matrix of its length: it takes nothing from the user's
    /// random numbers, and makes the fit a function of the matrix alone.</summary>
    private static Tensor Probe(long length)
    {
        var signs = new float[length];
        var random = new Random(20_251_120);
        for (var i = 0L; i < length; i++) signs[i] = (random.Next(2) == 0 ? 1f : -1f) / MathF.Sqrt(length);
        return tensor(signs);
    }
}
