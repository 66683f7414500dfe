using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Manifolds.Tangent;

/// <summary>
/// One matrix or many, wide or tall, brought to the form the Stiefel formulas are written for, and back.
/// </summary>
internal readonly record struct TallView(bool Single, bool Wide)
{
    public static TallView For(Tensor W)
    {
        if (W.dim() is not (2 or 3))
            throw new ArgumentException(
                $"A Stiefel weight is (m, n) or (b, m, n); got a tensor of shape {W.shape.Text()}.",
                nameof(W));
        return new(W.dim() == 2, W.shape[^2] < W.shape[^1]);
    }

    public static TallView For(Tensor W, Tensor G)
    {
        if (!W.shape.SequenceEqual(G.shape))
            throw new ArgumentException($"The gradient has shape {G.shape.Text()}, its weight "
                + $"{W.shape.Text()}.", nameof(G));
        return For(W);
    }

    /// <summary>(b, m, n) with m >= n, in float32 or float64: a view where no conversion is needed.</summary>
    public Tensor Tall(Tensor matrices)
    {
        var batch = Single ? matrices.unsqueeze(0) : matrices;
        var wide = batch.Widened();
        return Wide ? wide.mT : wide;
    }

    /// <summary>The shape that <see cref="Tall"/> was given.</summary>
    public Tensor Restore(Tensor tall)
    {
        var batch = Wide ? tall.mT : tall;
        return Single ? batch.squeeze(0) : batch;
    }
}
