using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>
/// A number that a device sets and the host reads later. Reading a device's result waits for all work in flight; the host looks at a
/// copy instead, which is made behind the work.
/// </summary>
internal sealed class DeferredNumber : IDisposable
{
    private Tensor? _onDevice, _onHost;

    /// <summary>What the host has seen so far; 0: nothing.</summary>
    public long Seen => _onHost?.item<long>() ?? 0;

    /// <summary>Sets it where the device finds the condition true and nothing was set before.</summary>
    /// <param name="condition">One boolean.</param>
    /// <param name="value">Not 0.</param>
    public void SetWhere(Tensor condition, long value)
    {
        using var scope = NewDisposeScope();
        if (_onDevice is null || _onHost is null)
        {
            _onDevice = zeros(1, ScalarType.Int64, condition.device).DetachFromDisposeScope();
            var onHost = zeros(1, ScalarType.Int64);
            _onHost = (condition.device_type == DeviceType.CUDA ? onHost.pin_memory() : onHost).DetachFromDisposeScope();
        }
        _onDevice.MaskedFill_(_onDevice.IsZero().logical_and(condition.to(_onDevice.device)), value);
        _onHost.copy_(_onDevice, nonBlocking: true);
    }

    /// <summary>The number, when all that the device has to do is done; it is 0 from then on.</summary>
    public long Take()
    {
        // Waits for copies that are under way, which would bring the same find once more.
        var value = _onDevice?.item<long>() ?? 0;
        _onDevice?.zero_();
        _onHost?.zero_();
        return value;
    }

    public void Dispose()
    {
        _onDevice?.Dispose();
        _onHost?.Dispose();
    }
}
