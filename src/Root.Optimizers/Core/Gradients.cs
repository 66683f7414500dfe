using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>A parameter that has a gradient at this step.</summary>
/// <param name="Slot">The parameter.</param>
/// <param name="Value">Its gradient; only read.</param>
/// <param name="Lost">Where the host does not wait for the device: on it, whether the parameter's step is lost, one boolean. Null
/// where the gradient is known to be finite.</param>
/// <param name="IsLive">Whether the host knows that the gradient is not all zeros.</param>
internal readonly record struct Gradient(Slot Slot, Tensor Value, Tensor? Lost = null, bool IsLive = false)
{
    /// <summary>Of the parameters that require gradients and have one.</summary>
    /// <exception cref="InvalidOperationException">A gradient is sparse, or of another shape or device than its parameter.</exception>
    public static List<Gradient> Read(IReadOnlyCollection<Slot> slots)
    {
        var live = new List<Gradient>(slots.Count);
        foreach (var slot in slots)
        {
            if (!slot.Parameter.requires_grad || slot.Parameter.grad is not { } value) continue;
            if (value.is_sparse)
                throw new InvalidOperationException($"{slot.Label} has a sparse gradient; only dense gradients can be used "
                    + "(construct the embedding with sparse: false).");
            if (!value.shape.SequenceEqual(slot.Parameter.shape) || value.device_type != slot.Parameter.device_type
                || value.device_index != slot.Parameter.device_index || !value.is_floating_point())
                throw new InvalidOperationException($"{slot.Label} on {slot.Parameter.device} has a gradient of {value.dtype} and shape "
                    + $"{value.shape.Text()} on {value.device}; it must have the parameter's shape and device, and a floating type.");
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

    /// <summary>
    /// Changes the parameter, or its part: where it has 16 bits by way of its float32 master, or else of a float32 copy.
    /// </summary>
    /// <param name="part">The part of a tensor of the parameter's shape.</param>
    /// <param name="change">In place, in float32 or float64.</param>
    public void ChangeParameter(Func<Tensor, Tensor> part, Action<Tensor> change)
    {
        var theta = part(Slot.Parameter);
        if (theta.dtype.IsWide())
        {
            Change(theta, change);
            return;
        }
        using var scope = NewDisposeScope();
        var wide = Slot.Kept.Master is { } master ? part(master) : theta.Widened();
        Change(wide, change);
        theta.copy_(wide);
    }
}
