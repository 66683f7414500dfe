using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>
/// Parameters of a group that AdamW updates by the same calls: small ones of one type, device and kind, whose moments lie side by side; a
/// larger one, which gains nothing by being copied, is alone. Which these are is decided when the group is added.
/// </summary>
internal sealed class VectorBundle : IDisposable
{
    private Tensor? _staged;
    private Tensor[] _places = [];

    private VectorBundle(VectorSlot[] slots)
    {
        Slots = slots;
        Buffers = new(slots.Select(slot => slot.State).ToArray());
    }

    /// <summary>In the order in which their buffers lie.</summary>
    public IReadOnlyList<VectorSlot> Slots { get; }

    public SideBySide Buffers { get; }

    /// <summary>A copy of all parameters, one after the other, and each one's place in it, of its shape: small as they are, to keep the
    /// memory is cheaper than to cut it at every step.</summary>
    public (Tensor flat, Tensor[] places) Stage(Tensor joined)
    {
        if (_staged is null)
        {
            _staged = empty_like(joined).DetachFromDisposeScope();
            var start = 0L;
            _places = Slots.Select(slot => _staged.narrow(0, (start += slot.Entries) - slot.Entries, slot.Entries).view(slot.Shape)
                .DetachFromDisposeScope()).ToArray();
        }
        return (_staged.copy_(joined), _places);
    }

    /// <summary>The bundles of a group, in order of appearance.</summary>
    public static IReadOnlyList<VectorBundle> Of(IEnumerable<Slot> slots) => slots.OfType<VectorSlot>()
        .GroupBy(slot => (slot.Parameter.dtype, slot.Parameter.device_type, slot.Parameter.device_index,
            slot.Routed.Kind, slot.IsSmall ? null : slot))
        .Select(alike => new VectorBundle([.. alike]))
        .ToList();

    /// <summary>What of the bundle is stepped now: the parameters that have a gradient, those together that have taken as many steps,
    /// which AdamW corrects by, and that the device decides on together.</summary>
    public IEnumerable<VectorBatch> BatchesNow()
    {
        var present = Slot.WithGradient(Slots, slot => slot);
        if (present.Count == 0) return [];
        var first = present[0];
        return present.All(slot => slot.State.step == first.State.step && ReferenceEquals(LostOf(slot), LostOf(first)))
            ? [new(this, present)]
            : present.GroupBy(slot => slot.State.step)
                // By reference: to compare what they hold would wait for the device.
                .SelectMany(alike => alike.GroupBy<VectorSlot, object?>(LostOf, ReferenceEqualityComparer.Instance))
                .Select(alike => new VectorBatch(this, [.. alike]));
    }

    private static Tensor? LostOf(VectorSlot slot) => slot.Gradient!.Value.Lost;

    public void Dispose()
    {
        Buffers.Dispose();
        foreach (var place in _places) place.Dispose();
        _staged?.Dispose();
    }
}
