using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>A parameter that has a gradient at this step.</summary>
internal readonly record struct Gradient(Entry Entry, Tensor Value)
{
    /// <exception cref="InvalidOperationException">A gradient is sparse.</exception>
    public static List<Gradient> Of(Entry[] entries)
    {
        var live = new List<Gradient>(entries.Length);
        foreach (var entry in entries)
        {
            if (entry.Parameter.grad is not { } value) continue;
            if (value.is_sparse)
                throw new InvalidOperationException($"{entry.Label} has a sparse gradient; only dense gradients can be used "
                    + "(construct the embedding with sparse: false).");
            live.Add(new(entry, value));
        }
        return live;
    }
}
