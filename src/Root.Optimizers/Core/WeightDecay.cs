using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>Decoupled weight decay.</summary>
internal static class WeightDecay
{
    /// <summary>
    /// theta &lt;- (1 - amount) theta, everywhere or, cautiously, where the update has theta's sign: where the step, which
    /// subtracts it, goes towards 0 as well.
    /// </summary>
    /// <param name="theta">The parameter; changed.</param>
    /// <param name="update">What the step is about to subtract, up to a positive factor; of theta's shape.</param>
    /// <param name="amount">lr * weight_decay.</param>
    /// <param name="cautious">Whether signs matter.</param>
    public static void Apply_(Tensor theta, Tensor update, double amount, bool cautious)
    {
        if (amount == 0) return;
        if (!cautious)
        {
            theta.Mul_(1 - amount);
            return;
        }
        using var scope = NewDisposeScope();
        theta.sub_(theta.Mul(amount).MaskedFill_(update.sign().ne(theta.sign()), 0));
    }
}
