using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>A parameter that has a gradient at this step.</summary>
/// <param name="Slot">The parameter.</param>
/// <param name="Value">Its gradient; only read.</param>
/// <param name="Lost">Where the host does not wait for the device: on it, whether the step is lost, one boolean. Null where
/// the gradients are known to be finite.</param>
internal readonly record struct Gradient(Slot Slot, Tensor Value, Tensor? Lost = null)
{
    /// <exception cref="InvalidOperationException">A gradient is sparse.</exception>
    public static List<Gradient> Read(IReadOnlyCollection<Slot> slots)
    {
        var live = new List<Gradient>(slots.Count);
        foreach (var slot in slots)
        {
            if (slot.Parameter.grad is not { } value) continue;
            if (value.is_sparse)
                throw new InvalidOperationException($"{slot.Label} has a sparse gradient; only dense gradients can be used "
                    + "(construct the embedding with sparse: false).");
            live.Add(new(slot, value));
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
