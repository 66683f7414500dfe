using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>
/// Momentum of a matrix, or of a row or column that is normalized by itself, whose gradient has become exactly 0. Orthogonalized
/// updates do not depend on the momentum's scale, so that
/// the last of it would be stepped along at full size for ever: 0.95 times 9 of the smallest numbers rounds to 9 of them again.
/// It becomes 0 when it is <see cref="Remainder"/> of what it was: with momentum 0.95 after 315 steps. What a live gradient adds is
/// never touched.
/// </summary>
internal static class StaleMomentum
{
    /// <summary>About the rounding of float32, in which the momentum was summed.</summary>
    private const double Remainder = 1e-7;

    /// <summary>What a step multiplies the momentum by, (mu or 0) for each matrix; null: mu for all.</summary>
    /// <param name="member">The matrices.</param>
    /// <param name="mu">The momentum's decay.</param>
    /// <returns>Of a shape that broadcasts to the part's.</returns>
    public static Tensor? Left(MatrixBatch.Member member, double mu)
    {
        var (gradient, part) = member;
        var state = part.Slot.State;
        var isWhole = part.Slot.Parts.Count == 1 && part.IdleCounts == 1;
        // The host knows on the CPU; a matrix that is one of several may be idle beside others that are not.
        if (gradient.IsLive && isWhole && !state.MayBeIdle) return null;

        using var scope = NewDisposeScope();
        var idle = state.IdleOf(part);
        var zero = Largest(part.Stack(part.Of(gradient.Value)), part.IdleShape).IsZero();
        gradient.Change(idle, idle => idle.Add_(1).mul_(zero));
        state.MayBeIdle = !(gradient.IsLive && isWhole);
        var left = idle.Le(MostIdle(mu)).to(state.momentum_buffer.dtype).Mul_(mu);
        if (part.IdleCounts == 1) return left.reshape([]).MoveToOuterDisposeScope();
        var shape = part.Of(part.Slot.Parameter).shape;
        return part.Unstack(left.expand(part.Blocks, part.Shape.Rows, part.Shape.Columns), shape).MoveToOuterDisposeScope();
    }

    private static Tensor Largest(Tensor G, MatrixShape counted) => counted switch
    {
        (1, 1) => MatrixNorms.Largest(G),
        (_, 1) => G.abs().amax([-1], keepdim: true),
        _ => G.abs().amax([-2], keepdim: true),
    };

    /// <summary>How many steps without gradient the momentum survives: mu^k >= the remainder.</summary>
    private static double MostIdle(double mu) => mu >= 1 ? double.PositiveInfinity : Math.Floor(Math.Log(Remainder) / Math.Log(mu));
}
