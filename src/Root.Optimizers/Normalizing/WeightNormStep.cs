using Root.Optimizers.Core;
using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Normalizing;

/// <summary>Steps that look at the norm of what they change: <see cref="WeightNorm"/>.</summary>
internal static class WeightNormStep
{
    /// <summary>What of growth the brake leaves.</summary>
    private const double OutwardShare = 0.5;

    /// <summary>The weights after a step.</summary>
    /// <param name="W">(b, m, n), in float32 or float64; overwritten.</param>
    /// <param name="U">The update, of the same shape.</param>
    /// <param name="rate">The learning rate, times the share of it.</param>
    /// <param name="scale">The factor of the shape.</param>
    /// <param name="options">The group's.</param>
    /// <returns><paramref name="W"/> itself.</returns>
    public static Tensor Next_(Tensor W, Tensor U, double rate, double scale, OrthogonalizingOptions options)
    {
        using var scope = NewDisposeScope();
        var (before, length) = (MatrixNorms.Frobenius(W), MatrixNorms.OrOne(MatrixNorms.Frobenius(U)));
        if (options.weight_norm == WeightNorm.Hyperball)
        {
            // What is 0 has no norm to keep: it takes the free step.
            var isZero = before.IsZero();
            W.sub_(U.mul(before.div(length).MaskedFill_(isZero, scale).Mul_(rate)));
            return W.mul_(before.div(MatrixNorms.OrOne(MatrixNorms.Frobenius(W))).MaskedFill_(isZero, 1));
        }
        WeightDecay.Apply_(W, U, rate * options.weight_decay, options.cautious);
        // max(1, floor ||W|| / ||s U||)
        var lift = before.div(length).Mul_(options.relative_update_floor / scale).ClampMin_(1);
        if (options.weight_norm == WeightNorm.Free) return W.sub_(U.mul(lift.Mul_(rate * scale)));

        before = MatrixNorms.Frobenius(W);
        W.sub_(U.mul(lift.Mul_(rate * scale)));
        var after = MatrixNorms.Frobenius(W);
        var middle = before.Mul(1 - OutwardShare).Add_(after, OutwardShare);
        return W.mul_(minimum(after, middle).div_(MatrixNorms.OrOne(after)));
    }
}
