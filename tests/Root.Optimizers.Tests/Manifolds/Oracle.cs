using Root.Optimizers.Manifolds;
using Root.Optimizers.Manifolds.Tangent;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Manifolds;

/// <summary>The tangent problem in float64, by singular values of K = G W^T - W G^T as it stands.</summary>
internal static class Oracle
{
    /// <summary>The optimum of &lt;G, A&gt;: ||K||_* / 2.</summary>
    public static double Optimum(Tensor W, Tensor G)
    {
        var (w, g) = Tall(W, G);
        return linalg.svdvals(g.matmul(w.mT) - w.matmul(g.mT)).sum().item<double>() / 2;
    }

    /// <summary>1 - &lt;G, A&gt; / optimum.</summary>
    public static double Gap(Tensor W, Tensor G, Tensor A) =>
        1 - (Double(G) * Double(A)).sum().item<double>() / Optimum(W, G);

    /// <summary>||W^T A + A^T W||_F / n.</summary>
    public static double Tangency(Tensor W, Tensor A)
    {
        var (w, a) = Tall(W, A);
        var half = w.mT.matmul(a);
        return linalg.vector_norm(half + half.mT).item<double>() / w.shape[1];
    }

    public static double Norm(Tensor A) => linalg.svdvals(Double(A))[0].item<double>();

    /// <summary>Asserts the whole promise of <see cref="StiefelTangent.Direction"/>.</summary>
    public static void Check(Tensor W, Tensor G, Tensor A, double gap, string what)
    {
        Assert.True(A.isfinite().all().item<bool>(), $"{what}: not finite");
        Assert.True(Tangency(W, A) <= 1e-5, $"{what}: tangency {Tangency(W, A):g3}");
        Assert.True(Norm(A) <= 1 + 1e-4, $"{what}: norm 1 + {Norm(A) - 1:g3}");
        Assert.True(Gap(W, G, A) <= gap, $"{what}: gap {Gap(W, G, A):g3}");
    }

    private static (Tensor, Tensor) Tall(Tensor W, Tensor G) =>
        W.shape[0] < W.shape[1] ? (Double(W).mT, Double(G).mT) : (Double(W), Double(G));

    private static Tensor Double(Tensor X) => X.cpu().to(float64);
}
