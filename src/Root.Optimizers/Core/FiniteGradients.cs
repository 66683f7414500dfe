using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>
/// Keeps NaN and infinity out of a model, and gradients so large that sums or squares of theirs would be. On the CPU a step with
/// such a gradient throws, or goes on without the parameter (<see cref="NonFinite"/>). On a GPU, where reading a result waits for all
/// work in flight, the device itself leaves the changes out (<see cref="Verdict"/>), what it found is copied to the host
/// behind the work, and the first later step that sees it there throws.
/// </summary>
/// <param name="deferred">Whether the device decides; by default where no gradient is on the CPU.</param>
internal sealed class FiniteGradients(bool? deferred = null) : IDisposable
{
    /// <summary>A million of them add up to a float32 still; momentum 0.95 is a sum of 20.</summary>
    private const double LargestOfMatrix = 1e32, LargestOfMatrixInFloat64 = 1e300;

    /// <summary>AdamW's second moment holds squares.</summary>
    private const double LargestOfVector = 1e18, LargestOfVectorInFloat64 = 1e150;

    private readonly DeferredNumber _firstLost = new();
    private long _step;

    /// <summary>Throws, or gives the gradients of every group that are to be used, with what the device is to decide.</summary>
    /// <exception cref="NotFiniteNumberException">A gradient of this step or, deferred, of an earlier one holds NaN or infinity, or
    /// is too large, in a group that does not say what else to do. Nothing of this step is done.</exception>
    public Gradient[][] Check(IReadOnlyList<(IReadOnlyList<Gradient> gradients, NonFinite policy)> groups)
    {
        _step++;
        ThrowIfLost();
        // A meta tensor has no data to look at.
        var all = groups.SelectMany(g => g.gradients).Where(g => g.Value.device_type != DeviceType.META).ToArray();
        if (all.Length == 0) return groups.Select(g => g.gradients.Select(x => x with { IsLive = true }).ToArray()).ToArray();
        return deferred ?? all.All(g => g.Value.device_type != DeviceType.CPU)
            ? CheckLater(groups)
            : groups.Select(g => CheckNow(g.gradients, g.policy)).ToArray();
    }

    private static double LargestOf(Slot slot) => (slot, slot.Parameter.dtype) switch
    {
        (MatrixSlot, ScalarType.Float64) => LargestOfMatrixInFloat64,
        (MatrixSlot, _) => LargestOfMatrix,
        (_, ScalarType.Float64) => LargestOfVectorInFloat64,
        _ => LargestOfVector,
    };

    /// <summary>The gradients but those of parameters that are to be left out. Small ones are looked at together; one by one only where
    /// that finds something.</summary>
    private static Gradient[] CheckNow(IReadOnlyList<Gradient> gradients, NonFinite policy)
    {
        var small = gradients.Where(IsSmall).GroupBy(DeviceOf)
            .Where(alike => LargestNow(Joined(alike)) <= alike.Min(g => LargestOf(g.Slot))).SelectMany(alike => alike.Select(g => g.Slot))
            .ToHashSet();
        var fine = new List<Gradient>(gradients.Count);
        foreach (var gradient in gradients)
            if (small.Contains(gradient.Slot)) fine.Add(gradient);
            else if (CheckNow(gradient, policy) is { } its) fine.Add(its);
        return [.. fine];
    }

    private static bool IsSmall(Gradient gradient) => gradient.Slot.IsSmall && gradient.Value.device_type != DeviceType.META;

    private static Tensor Joined(IEnumerable<Gradient> gradients) =>
        cat(gradients.Select(g => g.Value.ndim == 1 ? g.Value : g.Value.reshape(-1)).ToArray(), 0);

    /// <summary>max |x|; NaN where an entry is.</summary>
    private static double LargestNow(Tensor x)
    {
        using var scope = NewDisposeScope();
        // One pass; a norm of infinite order takes sixteen times as long here (768x3072, 2 cores, libtorch 2.10, November 2026).
        var (least, most) = x.aminmax();
        return Math.Max(-Number(least), Number(most));
    }

    /// <summary>The gradient, or null where the parameter is to be left out.</summary>
    private static Gradient? CheckNow(Gradient gradient, NonFinite policy)
    {
        var (slot, value, _, _) = gradient;
        if (slot.Entries == 0) return gradient;
        var largest = LargestNow(value);
        if (!(largest <= LargestOf(slot)))
        {
            if (policy == NonFinite.Skip) return null;
            if (policy == NonFinite.Throw)
                throw new NotFiniteNumberException(FormattableString.Invariant($"The gradient of {slot.Label} holds ")
                    + (double.IsFinite(largest)
                        ? FormattableString.Invariant($"an entry of {largest:g3}, beyond {LargestOf(slot):g1}, ")
                            + "where sums or squares become infinite"
                        : "NaN or infinity")
                    + ". Nothing was updated.");
        }
        return gradient with { IsLive = largest != 0 };
    }

    private Gradient[][] CheckLater(IReadOnlyList<(IReadOnlyList<Gradient> gradients, NonFinite policy)> groups)
    {
        var fatal = groups.Where(g => g.policy == NonFinite.Throw).SelectMany(g => g.gradients).Where(g => g.Slot.Entries > 0)
            .GroupBy(DeviceOf).Select(IsAnyTooLarge).ToArray();
        // A step is lost on all devices, or on none.
        var lost = groups.SelectMany(g => g.gradients).Where(_ => fatal.Length > 0).DistinctBy(DeviceOf)
            .ToDictionary(DeviceOf, g => fatal.Length == 1
                ? fatal[0].to(g.Value.device)
                : stack(fatal.Select(other => other.to(g.Value.device))).any());
        if (lost.Count > 0) _firstLost.SetWhere(lost.Values.First(), _step);
        return groups.Select(group => group.gradients.Select(g =>
        {
            var own = group.policy == NonFinite.Skip && g.Slot.Entries > 0 ? IsAnyTooLarge([g]) : null;
            var whole = lost.GetValueOrDefault(DeviceOf(g));
            return g with { Lost = own is not null && whole is not null ? own.logical_or(whole) : own ?? whole };
        }).ToArray()).ToArray();
    }

    private static (DeviceType, int) DeviceOf(Gradient gradient) => (gradient.Value.device_type, gradient.Value.device_index);

    /// <summary>Whether one of several gradients on a device is not finite or too large: one boolean, there. Small ones are looked at
    /// together.</summary>
    private static Tensor IsAnyTooLarge(IEnumerable<Gradient> gradients)
    {
        using var scope = NewDisposeScope();
        var findings = gradients.GroupBy(g => (LargestOf(g.Slot), g.Value.dtype)).Select(alike =>
        {
            var small = alike.Where(IsSmall).ToArray();
            var largest = alike.Where(g => !IsSmall(g)).Select(g => Largest(g.Value)).ToList();
            if (small.Length > 0) largest.Add(Largest(Joined(small)));
            // In float32 at least: in float16 the limit itself is infinite.
            return stack(largest).Widened().Le(alike.Key.Item1).all().logical_not();
        }).ToArray();
        return (findings.Length == 1 ? findings[0] : stack(findings).any()).MoveToOuterDisposeScope();
    }

    private static double Number(Tensor x) => x.to(ScalarType.Float64).item<double>();

    /// <summary>max |x|; NaN where an entry is.</summary>
    private static Tensor Largest(Tensor value) => linalg.norm(value.reshape(-1), double.PositiveInfinity);

    private void ThrowIfLost()
    {
        if (_firstLost.Seen == 0) return;
        var ago = _step - _firstLost.Take();
        throw new NotFiniteNumberException($"A gradient of {(ago == 1 ? "the step before" : $"{ago} steps ago")} held NaN, infinity or "
            + "entries beyond 1e32 (of AdamW's parameters 1e18). That step, and any since with such a gradient, was left out: "
            + "parameters, momentum and moments are as if it had not been taken. This step was not taken either. A lower learning "
            + "rate or clipped gradients may avoid it; non_finite can leave such parameters out alone.");
    }

    public void Dispose() => _firstLost.Dispose();
}
