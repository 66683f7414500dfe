using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// Finds gradients with NaN or infinity. A sum is NaN or infinite as soon as one term is, and costs one pass of reading.
/// </summary>
internal sealed class FiniteGradients : IDisposable
{
    private Tensor? _found;

    /// <summary>
    /// On the CPU: throws, with the parameter's name. On CUDA, where reading a result waits for all work in flight: what a
    /// step finds is copied to the host behind the work, and the first later step that sees it there throws.
    /// </summary>
    /// <exception cref="NotFiniteNumberException">A gradient holds NaN or infinity.</exception>
    public void Check(IEnumerable<Gradient> gradients)
    {
        if (_found is not null && _found.item<float>() != 0)
            throw new NotFiniteNumberException("A gradient of an earlier step held NaN or infinity, and the parameters are no "
                + "longer finite. Restore a checkpoint; a lower learning rate or clipped gradients may avoid it.");
        var onDevice = new List<Tensor>();
        foreach (var (entry, value) in gradients)
        {
            using var scope = NewDisposeScope();
            var sum = value.sum(ScalarType.Float32);
            if (value.device_type != DeviceType.CPU) onDevice.Add(sum.MoveToOuterDisposeScope());
            else if (!float.IsFinite(sum.item<float>()) && !value.isfinite().all().item<bool>())
                throw new NotFiniteNumberException($"The gradient of {entry.Label} holds NaN or infinity. Nothing was updated.");
        }
        foreach (var device in onDevice.GroupBy(sum => sum.device_index)) Record(device.ToList());
    }

    private void Record(List<Tensor> sums)
    {
        _found ??= zeros(1).pin_memory().DetachFromDisposeScope();
        using var finite = stack(sums).isfinite().all();
        using var found = finite.logical_not().to(ScalarType.Float32).reshape(1);
        _found.copy_(found, nonBlocking: true);
    }

    public void Dispose() => _found?.Dispose();
}
