using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>
/// Keeps NaN and infinity out of a model. On the CPU a step with such a gradient throws. On a GPU, where reading a result waits
/// for all work in flight, the device itself leaves the step's changes out (<see cref="Gradient.Change"/>), what it found is
/// copied to the host behind the work, and the first later step that sees it there throws.
/// </summary>
/// <param name="deferred">Whether the device decides; by default where no gradient is on the CPU.</param>
internal sealed class FiniteGradients(bool? deferred = null) : IDisposable
{
    private long _step;

    /// <summary>The first step that was lost, or 0: on the device, and its copy on the host.</summary>
    private Tensor? _firstLost, _firstLostOnHost;

    /// <summary>Throws, or gives the gradients of every group with what the device is to decide.</summary>
    /// <exception cref="NotFiniteNumberException">A gradient of this step or, deferred, of an earlier one holds NaN or infinity.
    /// Nothing of this step is done.</exception>
    public Gradient[][] Check(IReadOnlyList<IReadOnlyList<Gradient>> groups)
    {
        _step++;
        ThrowIfLost();
        // A meta tensor has no data to look at.
        var all = groups.SelectMany(g => g).Where(g => g.Value.device_type != DeviceType.META).ToArray();
        if (all.Length == 0 || !(deferred ?? all.All(g => g.Value.device_type != DeviceType.CPU)))
        {
            foreach (var (slot, value, _) in all) CheckNow(slot, value);
            return groups.Select(g => g.ToArray()).ToArray();
        }
        var lost = Lost(all);
        Report(lost.Values.First());
        return groups.Select(g => g.Select(x => x with { Lost = lost[x.Value.device.ToString()] }).ToArray()).ToArray();
    }

    private static void CheckNow(Slot slot, Tensor value)
    {
        using var scope = NewDisposeScope();
        // A sum is NaN or infinite as soon as one term is, and costs one pass of reading; large terms may overflow, too.
        if (!float.IsFinite(value.sum(ScalarType.Float32).item<float>()) && !value.isfinite().all().item<bool>())
            throw new NotFiniteNumberException($"The gradient of {slot.Label} holds NaN or infinity. Nothing was updated.");
    }

    /// <summary>Whether any gradient is not finite, on each device that holds some.</summary>
    private static Dictionary<string, Tensor> Lost(Gradient[] gradients)
    {
        var found = gradients.Where(g => g.Value.numel() > 0).GroupBy(g => g.Value.device.ToString()).ToDictionary(g => g.Key, g =>
        {
            var norms = stack(g.Select(x => linalg.norm(x.Value.reshape(-1), double.PositiveInfinity)));
            // x - x is 0, or NaN where x is NaN or infinite.
            return norms.sub(norms).sum().to(ScalarType.Bool);
        });
        return found.Count == 1
            ? found
            : found.ToDictionary(f => f.Key, f => stack(found.Values.Select(other => other.to(f.Value.device))).any());
    }

    private void Report(Tensor lost)
    {
        using var scope = NewDisposeScope();
        if (_firstLost is null || _firstLostOnHost is null)
        {
            _firstLost = zeros(1, ScalarType.Int64, lost.device).DetachFromDisposeScope();
            var onHost = zeros(1, ScalarType.Int64);
            _firstLostOnHost = (lost.device_type == DeviceType.CUDA ? onHost.pin_memory() : onHost).DetachFromDisposeScope();
        }
        _firstLost.MaskedFill_(_firstLost.IsZero().logical_and(lost), _step);
        _firstLostOnHost.copy_(_firstLost, nonBlocking: true);
    }

    private void ThrowIfLost()
    {
        if (_firstLost is null || _firstLostOnHost is null || _firstLostOnHost.item<long>() == 0) return;
        using var scope = NewDisposeScope();
        // Waits for copies that are under way, which would bring the same find once more.
        var ago = _step - _firstLost.item<long>();
        _firstLost.zero_();
        _firstLostOnHost.zero_();
        throw new NotFiniteNumberException($"A gradient of {(ago == 1 ? "the step before" : $"{ago} steps ago")} held NaN or infinity. "
            + "That step, and any since with such a gradient, was left out: parameters, momentum and moments are as if it had "
            + "not been taken. This step was not taken either. A lower learning rate or clipped gradients may avoid it.");
    }

    public void Dispose()
    {
        _firstLost?.Dispose();
        _firstLostOnHost?.Dispose();
    }
}
