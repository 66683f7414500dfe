using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>Decoupled weight decay.</summary>
internal static class WeightDecay
{
    /// <summary>theta &lt;- (1 - amount) theta, everywhere, or <see cref="Cautiously_"/>.</summary>
    public static void Apply_(Tensor theta, Tensor update, double amount, bool cautious)
    {
        if (cautious) Cautiously_(theta, update, amount);
        else if (amount != 0) theta.Mul_(1 - amount);
    }

    /// <summary>
    /// theta &lt;- (1 - amount) theta where update and theta have not opposite signs: where the step, which subtracts the update, does
    /// not lead away from 0 (arXiv 2510.12402, algorithm 1: u x >= 0).
    /// </summary>
    /// <param name="theta">The parameter; changed.</param>
    /// <param name="update">What the step is about to subtract, up to a positive factor; of theta's shape.</param>
    /// <param name="amount">lr * weight_decay.</param>
    public static void Cautiously_(Tensor theta, Tensor update, double amount)
    {
        if (amount == 0) return;
        using var scope = NewDisposeScope();
        var opposite = update.sign().mul_(theta.sign()).Eq(-1);
        theta.sub_(theta.Mul(amount).MaskedFill_(opposite, 0));
    }
}
