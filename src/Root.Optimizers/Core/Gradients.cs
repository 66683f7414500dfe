using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>The gradient of a parameter at this step.</summary>
/// <param name="Value">The gradient; only read, and released with the step.</param>
/// <param name="Lost">Where the host does not wait for the device: on it, whether the parameter's step is lost, one boolean. Null
/// where the gradient is known to be finite.</param>
/// <param name="IsLive">Whether the host knows that the gradient is not all zeros.</param>
internal readonly record struct Gradient(Tensor Value, Tensor? Lost = null, bool IsLive = false)
{
    /// <summary>Gives every slot its gradient, where the parameter requires one and has one.</summary>
    /// <exception cref="InvalidOperationException">A gradient is sparse, or of another shape or device than its parameter.</exception>
    public static void Read(Slot[] slots)
    {
        foreach (var slot in slots)
        {
            if (!slot.Parameter.requires_grad || slot.Parameter.grad is not { } value) continue;
            // Before it can be refused, so that it is released all the same.
            slot.Gradient = new(value);
            if (value.is_sparse)
                throw new InvalidOperationException($"{slot.Label} has a sparse gradient; only dense gradients can be used "
                    + "(construct the embedding with sparse: false).");
            if (!slot.Takes(value))
                throw new InvalidOperationException($"{slot.Label} on {slot.Parameter.device} has a gradient of {value.dtype} and shape "
                    + $"{value.shape.Text()} on {value.device}; it must have the parameter's shape and device, and a floating type.");
        }
    }

    /// <summary>After a step: takes the gradients away.</summary>
    public static void Release(Slot[] slots)
    {
        foreach (var slot in slots)
        {
            slot.Gradient?.Value.Dispose();
            slot.Gradient = null;
            slot.IsSteppedElsewhere = false;
        }
    }
}
