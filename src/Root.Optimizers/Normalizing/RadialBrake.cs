using Root.Optimizers.Core;
using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Normalizing;

/// <summary>Steps whose growth is halved: with n the norm of W after its decay and n' that after the step, where n' > n, W is multiplied by
/// (n + n') / (2 n'). <see cref="OrthogonalizingOptions.radial_brake"/>.</summary>
internal static class RadialBrake
{
    /// <summary>What of growth is left.</summary>
    private const double OutwardShare = 0.5;

    /// <summary>The weights after a step.</summary>
    /// <param name="W">(b, m, n), in float32 or float64; overwritten.</param>
    /// <param name="U">The update, of the same shape.</param>
    /// <param name="rate">The learning rate, times the share of it.</param>
    /// <param name="scale">The factor of the shape.</param>
    /// <param name="options">The group's.</param>
    /// <returns><paramref name="W"/> itself.</returns>
    public static Tensor Step_(Tensor W, Tensor U, double rate, double scale, OrthogonalizingOptions options)
    {
        using var scope = NewDisposeScope();
        WeightDecay.Apply_(W, U, rate * options.weight_decay, options.cautious);
        var before = MatrixNorms.Frobenius(W);
        W.Add_(U, -rate * scale);
        var after = MatrixNorms.Frobenius(W);
        var middle = before.Mul_(1 - OutwardShare).Add_(after, OutwardShare);
        return W.mul_(minimum(after, middle).div_(MatrixNorms.OrOne(after)));
    }
}
