using Root.Optimizers.Core.State;
using Root.Optimizers.LinearAlgebra;

namespace Root.Optimizers.Core;

/// <summary>
/// AdamW for what is no matrix, as ROOT's published program has it: m &lt;- beta1 m + (1 - beta1) g,
/// v &lt;- beta2 v + (1 - beta2) g^2, theta &lt;- (1 - lr wd) theta - lr sqrt(1 - beta2^t)/(1 - beta1^t) m / (sqrt(v) + eps).
/// eps is added before the bias correction, where torch.optim.AdamW adds it after.
/// </summary>
internal static class AdamWFallback
{
    public static void Update(VectorBatch batch, MatrixOptions options)
    {
        var lr = options.FallbackRate(batch.Slots[0].Routed.Kind);
        var decay = options.fallback_weight_decay ?? options.weight_decay;
        var (beta1, beta2) = options.betas;
        var t = batch.NextStep();
        var g = batch.Gradients();
        var m = batch.Change(AdamWState.FirstMomentName, m => m.Mul_(beta1).Add_(g, 1 - beta1));
        var v = batch.Change(AdamWState.SecondMomentName, v => v.Mul_(beta2).AddCMul_(g, g, 1 - beta2));
        var denominator = v.sqrt().Add_(options.eps);
        var size = lr * Math.Sqrt(1 - Math.Pow(beta2, t)) / (1 - Math.Pow(beta1, t));
        batch.ChangeParameters(theta =>
        {
            WeightDecay.Apply_(theta, m, lr * decay, options.cautious);
            theta.AddCDiv_(m, denominator, -size);
        });
    }
}
