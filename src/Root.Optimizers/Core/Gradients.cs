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
    public static List<Gradient> Read(Slot[] slots)
    {
        var live = new List<Gradient>(slots.Length);
        foreach (var slot in slots)
        {
            if (!slot.Parameter.requires_grad || slot.Parameter.grad is not { } value) continue;
            if (value.is_sparse)
                throw new InvalidOperationException($"{slot.Label} has a sparse gradient; only dense gradients can be used "
                    + "(construct the embedding with sparse: false).");
            if (!slot.Takes(value))
                throw new InvalidOperationException($"{slot.Label} on {slot.Parameter.device} has a gradient of {value.dtype} and shape "
                    + $"{value.shape.Text()} on {value.device}; it must have the parameter's shape and device, and a floating type.");
            live.Add(new(slot, value));
        }
        return live;
    }
}
