using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// AdamW for what is no matrix, as ROOT's published program has it: m &lt;- beta1 m + (1 - beta1) g,
/// v &lt;- beta2 v + (1 - beta2) g^2, theta &lt;- (1 - lr wd) theta - lr sqrt(1 - beta2^t)/(1 - beta1^t) m / (sqrt(v) + eps).
/// eps is added before the bias correction, where torch.optim.AdamW adds it after.
/// </summary>
internal static class AdamWFallback
{
    public static void Update(IEnumerable<Gradient> gradients, MatrixOptions options)
    {
        var lr = options.LearningRate!.Value * options.fallback_lr_factor!.Value;
        var decay = options.fallback_weight_decay ?? options.weight_decay!.Value;
        var (beta1, beta2) = options.betas!.Value;
        foreach (var (entry, g) in gradients)
        {
            var state = (AdamWState)entry.State;
            var t = ++state.step;
            var m = state.exp_avg.mul_(beta1).add_(g, alpha: 1 - beta1);
            var v = state.exp_avg_sq.mul_(beta2).addcmul_(g, g, 1 - beta2);
            using var denominator = v.sqrt();
            denominator.add_(options.eps!.Value);
            var size = lr * Math.Sqrt(1 - Math.Pow(beta2, t)) / (1 - Math.Pow(beta1, t));
            WeightDecay.Apply_(entry.Parameter, m, lr * decay, options.cautious == true);
            entry.Parameter.addcdiv_(m, denominator, -size);
        }
    }
}
