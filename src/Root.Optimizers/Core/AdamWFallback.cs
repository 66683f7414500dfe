using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>
/// AdamW for what is no matrix, as ROOT's published program has it: m &lt;- beta1 m + (1 - beta1) g,
/// v &lt;- beta2 v + (1 - beta2) g^2, theta &lt;- (1 - lr wd) theta - lr sqrt(1 - beta2^t)/(1 - beta1^t) m / (sqrt(v) + eps).
/// eps is added before the bias correction, where torch.optim.AdamW adds it after.
/// </summary>
internal static class AdamWFallback
{
    public static void Update(Gradient gradient, MatrixOptions options)
    {
        var lr = options.LearningRate!.Value * options.fallback_lr_factor;
        var decay = options.fallback_weight_decay ?? options.weight_decay;
        var (beta1, beta2) = options.betas;
        using var scope = NewDisposeScope();
        var (slot, g) = (gradient.Slot, gradient.Value.Widened());
        var state = ((VectorSlot)slot).State;
        var t = ++state.step;
        gradient.Change(state.exp_avg, m => m.Mul_(beta1).Add_(g, 1 - beta1));
        gradient.Change(state.exp_avg_sq, v => v.Mul_(beta2).AddCMul_(g, g, 1 - beta2));
        var denominator = state.exp_avg_sq.sqrt().Add_(options.eps);
        var size = lr * Math.Sqrt(1 - Math.Pow(beta2, t)) / (1 - Math.Pow(beta1, t));
        gradient.ChangeParameter(theta => theta, theta =>
        {
            WeightDecay.Apply_(theta, state.exp_avg, lr * decay, options.cautious);
            theta.AddCDiv_(state.exp_avg, denominator, -size);
        });
    }
}
