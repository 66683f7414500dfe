using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>
/// What becomes of a step where the host does not wait to hear whether gradients are finite: the device decides, and what is lost
/// stays as it is, bit for bit.
/// </summary>
/// <param name="lost">Of all, or of each matrix of a batch, (b, 1, 1); null: nothing is lost.</param>
internal readonly struct Verdict(Tensor? lost)
{
    /// <summary>Of the matrices of a batch.</summary>
    public static Verdict Of(IReadOnlyList<MatrixPart> parts)
    {
        var first = LostOf(parts[0]);
        foreach (var part in parts)
            if (!ReferenceEquals(LostOf(part), first))
                // The device has looked at all of them, or at none.
                return new(cat(parts.Select(part => LostOf(part)!.expand(part.Blocks)).ToArray(), 0).reshape(-1, 1, 1));
        return new(first);
    }

    private static Tensor? LostOf(MatrixPart part) => part.Slot.Gradient!.Value.Lost;

    /// <summary>
    /// x &lt;- scale x + alpha y, in place. What is lost is multiplied by 1, and a zero added of the sign that changes no bit, not
    /// even -0: so it takes no copy of x, as <see cref="Change"/> does.
    /// </summary>
    /// <param name="x">Changed.</param>
    /// <param name="scale">A tensor; null: the number.</param>
    /// <param name="number">A number.</param>
    /// <param name="y">May hold NaN where the step is lost.</param>
    /// <param name="alpha">A number.</param>
    public void ScaleAndAdd_(Tensor x, Tensor? scale, double number, Tensor y, double alpha)
    {
        if (lost is null)
        {
            (scale is null ? number == 1 ? x : x.Mul_(number) : x.mul_(scale)).Add_(y, alpha);
            return;
        }
        using var scope = NewDisposeScope();
        var one = ones([], dtype: x.dtype, device: x.device);
        if (scale is not null || number != 1) x.mul_(where(lost, one, scale ?? one.Mul(number)));
        x.Add_(where(lost, one.Mul(double.IsNegative(alpha) ? 0.0 : -0.0), y), alpha);
    }

    /// <summary>Changes a tensor in place.</summary>
    public void Change(Tensor x, Action<Tensor> change)
    {
        if (lost is null)
        {
            change(x);
            return;
        }
        using var scope = NewDisposeScope();
        var changed = x.clone();
        change(changed);
        x.copy_(where(lost, x, changed));
    }
}
