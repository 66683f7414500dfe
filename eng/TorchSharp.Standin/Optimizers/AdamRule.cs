using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>
/// What Adam and AdamW do alike. Their options, states and groups are types of their own in TorchSharp, with public
/// fields and no common base, and stand twice here for that reason.
/// </summary>
internal static class AdamRule
{
    internal static void Check(double lr, double beta1, double beta2, double eps, double weight_decay)
    {
        if (lr < 0) throw new ArgumentException($"Invalid learning rate: {lr}");
        if (eps < 0) throw new ArgumentException($"Invalid eps: {eps}");
        if (beta1 < 0 || beta1 >= 1) throw new ArgumentException($"Invalid beta1: {beta1}");
        if (beta2 < 0 || beta2 >= 1) throw new ArgumentException($"Invalid beta2: {beta2}");
        if (weight_decay < 0) throw new ArgumentException($"Invalid weight_decay: {weight_decay}");
    }

    /// <summary>
    /// Moves both moments towards the gradient and the parameter against their bias-corrected quotient.
    /// <paramref name="greatest"/> is the running maximum of the second moment where AMSGrad is on, else null.
    /// </summary>
    internal static void Update(Tensor param, Tensor gradient, long step, Tensor first, Tensor second,
        ref Tensor greatest, double rate, (double First, double Second) betas, double eps)
    {
        var firstCorrection = 1 - Math.Pow(betas.First, step);
        var secondCorrection = 1 - Math.Pow(betas.Second, step);
        first.mul_(betas.First).add_(gradient, alpha: 1 - betas.First);
        second.mul_(betas.Second).addcmul_(gradient, gradient, value: 1 - betas.Second);
        if (greatest is not null)
        {
            var previous = greatest;
            greatest = maximum(previous, second).DetachFromDisposeScope();
            previous.Dispose();
        }
        var scale = ((greatest ?? second).sqrt() / Math.Sqrt(secondCorrection)).add_(eps);
        param.addcdiv_(first, scale, value: -rate / firstCorrection);
    }
}
