using Root.Optimizers;
using static TorchSharp.torch;

namespace CharGpt;

/// <summary>Numbers of all ranks taken together; in one process they stay as they are.</summary>
internal static class RankSums
{
    /// <summary>The sum over the ranks, the same on all of them; each calls it.</summary>
    public static double Sum(this IProcessGroup? group, double value)
    {
        if (group is not { Size: > 1 })
        {
            return value;
        }

        using var sum = tensor([value]);
        group.AllReduce(sum);
        return sum.data<double>()[0];
    }

    /// <summary>The mean over the ranks, the same on all of them; each calls it.</summary>
    public static double Mean(this IProcessGroup? group, double value) => group.Sum(value) / (group?.Size ?? 1);

    /// <summary>The largest over the ranks, entry by entry, the same on all of them; each calls it.</summary>
    public static Tensor Max(this IProcessGroup? group, Tensor values)
    {
        if (group is not { Size: > 1 })
        {
            return values;
        }

        using var scope = NewDisposeScope();
        var all = values.new_zeros([group.Size, .. values.shape]);
        all[group.Rank] = values;
        group.AllReduce(all);
        return all.amax([0]).MoveToOuterDisposeScope();
    }
}
