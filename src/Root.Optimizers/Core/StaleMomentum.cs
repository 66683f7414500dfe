using Root.Optimizers.Core.State;
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
    /// <param name="batch">The matrices.</param>
    /// <param name="G">Their gradients, (b, rows, columns).</param>
    /// <param name="mu">The momentum's decay.</param>
    /// <returns>Of a shape that broadcasts to G's.</returns>
    public static Tensor? Left(MatrixBatch batch, Tensor G, double mu)
    {
        if (batch.Parts.All(part => IsKnownLive(part) && !part.Slot.State.MayBeIdle)) return null;
        var zero = Largest(G, batch.Parts[0].IdleShape).IsZero();
        var idle = batch.Change(ParameterState.IdleName, idle => idle.Add_(1).mul_(zero));
        foreach (var part in batch.Parts) part.Slot.State.MayBeIdle = !IsKnownLive(part);
        return idle.Le(MostIdle(mu)).to(batch.Type.Widened()).Mul_(mu);
    }

    /// <summary>Whether the host knows that no matrix of a part is idle; one of several may be beside others that are not.</summary>
    private static bool IsKnownLive(MatrixPart part) =>
        part.Slot.Gradient!.Value.IsLive && part.Slot.Parts.Count == 1 && part.IdleCounts == 1;

    private static Tensor Largest(Tensor G, MatrixShape counted) => counted switch
    {
        (1, 1) => MatrixNorms.Largest(G),
        (_, 1) => G.abs().amax([-1], keepdim: true),
        _ => G.abs().amax([-2], keepdim: true),
    };

    /// <summary>How many steps without gradient the momentum survives: mu^k >= the remainder.</summary>
    private static double MostIdle(double mu) => mu >= 1 ? double.PositiveInfinity : Math.Floor(Math.Log(Remainder) / Math.Log(mu));
}
