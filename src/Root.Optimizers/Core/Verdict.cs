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
    public static Verdict Of(IReadOnlyList<MatrixBatch.Member> members)
    {
        var first = members[0].Gradient.Lost;
        return members.All(member => ReferenceEquals(member.Gradient.Lost, first))
            ? new(first)
            // The device has looked at all of them, or at none.
            : new(cat(members.Select(member => member.Gradient.Lost!.expand(member.Part.Blocks)).ToArray(), 0).reshape(-1, 1, 1));
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
