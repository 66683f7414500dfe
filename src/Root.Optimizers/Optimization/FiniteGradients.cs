using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>Finds gradients with NaN or infinity.</summary>
internal sealed class FiniteGradients : IDisposable
{
    /// <summary>For each CUDA device, on the host: not 0 where a step found a gradient that was not finite.</summary>
    private readonly Dictionary<int, Tensor> _found = [];

    /// <summary>
    /// On the CPU: throws, with the parameter's name. On CUDA, where reading a result waits for all work in flight: what a
    /// step finds is copied to the host behind the work, and the first later step that sees it there throws, once.
    /// </summary>
    /// <exception cref="NotFiniteNumberException">A gradient holds NaN or infinity.</exception>
    public void Check(IEnumerable<Gradient> gradients)
    {
        if (_found.Values.Any(found => found.item<float>() != 0))
        {
            foreach (var found in _found.Values) found.zero_();
            throw new NotFiniteNumberException("A gradient of an earlier step held NaN or infinity, and the parameters are no "
                + "longer finite. Restore a checkpoint; a lower learning rate or clipped gradients may avoid it.");
        }
        var largest = new Dictionary<int, List<Tensor>>();
        foreach (var (entry, value) in gradients)
        {
            if (value.device_type == DeviceType.CPU) CheckNow(entry, value);
            else if (value.numel() > 0)
            {
                if (!largest.TryGetValue(value.device_index, out var list)) largest[value.device_index] = list = [];
                list.Add(linalg.vector_norm(value, double.PositiveInfinity));
            }
        }
        foreach (var (device, norms) in largest) Record(device, norms);
    }

    private static void CheckNow(Entry entry, Tensor value)
    {
        using var scope = NewDisposeScope();
        // A sum is NaN or infinite as soon as one term is, and costs one pass of reading; large terms may overflow, too.
        if (!float.IsFinite(value.sum(ScalarType.Float32).item<float>()) && !value.isfinite().all().item<bool>())
            throw new NotFiniteNumberException($"The gradient of {entry.Label} holds NaN or infinity. Nothing was updated.");
    }

    private void Record(int device, List<Tensor> norms)
    {
        using var scope = NewDisposeScope();
        if (!_found.TryGetValue(device, out var found))
            _found[device] = found = zeros(1, dtype: ScalarType.Float32).pin_memory().DetachFromDisposeScope();
        var bad = stack(norms.Select(norm => norm.isfinite())).all().logical_not();
        found.copy_(bad.to(ScalarType.Float32).reshape(1), nonBlocking: true);
    }

    public void Dispose()
    {
        foreach (var found in _found.Values) found.Dispose();
    }
}
