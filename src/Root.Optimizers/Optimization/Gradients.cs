using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>A parameter that has a gradient at this step.</summary>
/// <param name="Entry">The parameter.</param>
/// <param name="Value">Its gradient; only read.</param>
/// <param name="Lost">Where the host does not wait for the device: on it, whether the step is lost, one boolean. Null where
/// the gradients are known to be finite.</param>
internal readonly record struct Gradient(Entry Entry, Tensor Value, Tensor? Lost = null)
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

    /// <summary>
    /// Changes a parameter or its state in place. Where the step is lost it stays as it is, bit for bit; the device decides.
    /// </summary>
    public void Change(Tensor x, Action<Tensor> change)
    {
        if (Lost is null)
        {
            change(x);
            return;
        }
        using var scope = NewDisposeScope();
        var changed = x.clone();
        change(changed);
        x.copy_(where(Lost, x, changed));
    }
}
