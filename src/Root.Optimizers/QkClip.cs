using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// QK-clip (MuonClip; Kimi K2, arXiv 2507.20534): attention whose logits have grown beyond a threshold is scaled back in the weights that
/// make them. Muon lets logits of a large model grow without bound where AdamW does not.
/// </summary>
public static class QkClip
{
    /// <summary>
    /// After a step, head by head, with S the largest logit that the head has had in it:
    /// <code>
    /// gamma = min(1, tau / S);  W_q &lt;- sqrt(gamma) W_q;  W_k &lt;- sqrt(gamma) W_k
    /// </code>
    /// Where several queries' heads share a key's, the largest of their logits counts for all of them. Where S is at most tau, NaN or
    /// infinite, the weights stay bit for bit. Nothing is read from the device.
    /// </summary>
    /// <param name="query">The queries' weight or bias, changed in place: (heads * size, ...), head after head; of a fused projection a
    /// view of its rows.</param>
    /// <param name="key">The keys': (key heads * size, ...).</param>
    /// <param name="maxLogits">S of each of the queries' heads, (heads), before the softmax and with its scale; on the weights'
    /// device.</param>
    /// <param name="tau">The threshold, above 0; 100 as published.</param>
    /// <param name="keyHeads">The keys' heads; null: as many as the queries'.</param>
    /// <returns>gamma of each key's head, (key heads), in float32, or float64 of float64 logits: 1 where nothing was done.</returns>
    /// <exception cref="ArgumentException">Heads do not divide what they are to divide, or tau is out of range.</exception>
    public static Tensor Apply(Tensor query, Tensor key, Tensor maxLogits, double tau = 100, long? keyHeads = null)
    {
        Require.Positive(tau);
        var heads = maxLogits.numel();
        var groups = keyHeads ?? heads;
        if (maxLogits.dim() != 1 || groups < 1 || heads % groups != 0 || query.shape[0] % heads != 0 || key.shape[0] % groups != 0)
            throw new ArgumentException($"Largest logits of shape {maxLogits.shape.Text()} and {groups} heads of keys do not fit to "
                + $"queries of shape {query.shape.Text()} and keys of {key.shape.Text()}.", nameof(maxLogits));
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var S = maxLogits.reshape(groups, -1).amax([1]).Widened();
        var threshold = zeros_like(S).ClampMin_(tau);
        // Selected, not computed as tau / max(S, tau): a factor that is not exactly 1 would shrink calm heads at every step.
        var gamma = where(S.gt(threshold).logical_and_(S.isfinite()), threshold.div(S), ones_like(S));
        var root = gamma.sqrt();
        Scale_(query, root);
        Scale_(key, root);
        return gamma.MoveToOuterDisposeScope();
    }

    /// <summary>Multiplies blocks of rows, each by its number, which is not rounded to the weights' type first.</summary>
    private static void Scale_(Tensor weights, Tensor factors)
    {
        var rows = factors.repeat_interleave(weights.shape[0] / factors.shape[0]);
        weights.mul_(rows.reshape([-1, .. Enumerable.Repeat(1L, (int)weights.dim() - 1)]));
    }
}
