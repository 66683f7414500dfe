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

    /// <summary>
    /// Throws, or takes those gradients away that are not to be used, and notes of the others what is known of them, or what the
    /// device is to decide.
    /// </summary>
    /// <param name="groups">Each group, and what is to become of a gradient that is not finite.</param>
    /// <exception cref="NotFiniteNumberException">A gradient of this step or, deferred, of an earlier one holds NaN or infinity, or
    /// is too large, in a group that does not say what else to do. Nothing of this step is done.</exception>
    public void Check(IReadOnlyList<(MatrixOptimizer.Group group, NonFinite policy)> groups)
    {
        _step++;
        ThrowIfLost();
        // A meta tensor has no data to look at.
        var (any, onCpu) = (false, false);
        foreach (var (group, _) in groups)
            foreach (var slot in group.Slots)
                if (slot.Gradient is { } gradient)
                {
                    var type = gradient.Value.device_type;
                    any |= type != DeviceType.META;
                    onCpu |= type == DeviceType.CPU;
                    if (type == DeviceType.META) slot.Gradient = gradient with { IsLive = true };
                }
        if (!any) return;
        if (deferred ?? !onCpu) CheckLater(groups);
        else
            foreach (var (group, policy) in groups) CheckNow(group, policy);
    }

    private static double LargestOf(Slot slot) => (slot, slot.Parameter.dtype) switch
    {
        (MatrixSlot, ScalarType.Float64) => LargestOfMatrixInFloat64,
        (MatrixSlot, _) => LargestOfMatrix,
        (_, ScalarType.Float64) => LargestOfVectorInFloat64,
        _ => LargestOfVector,
    };

    /// <summary>Takes the gradients of parameters away that are to be left out. Small ones are looked at together; one by one only where
    /// that finds something.</summary>
    private static void CheckNow(MatrixOptimizer.Group group, NonFinite policy)
    {
        var smallAreFine = group.SmallAlike.All(alike =>
        {
            var present = Slot.WithGradient(alike, slot => slot);
            if (present.Count == 0) return true;
            using var scope = NewDisposeScope();
            var gradients = present.Select(slot => slot.Gradient!.Value.Value);
            return LargestNow(cat((alike[0].Shape.Length == 0 ? gradients.Select(g => g.reshape(1)) : gradients).ToArray(), 0))
                <= present.Min(LargestOf);
        });
        foreach (var slot in group.Slots)
            if (slot.Gradient is { } gradient && !(slot.IsSmall && smallAreFine)) slot.Gradient = CheckNow(slot, gradient, policy);
    }

    /// <summary>The gradient, or null where the parameter is to be left out.</summary>
    private static Gradient? CheckNow(Slot slot, Gradient gradient, NonFinite policy)
    {
        if (slot.Entries == 0) return gradient;
        var largest = LargestNow(gradient.Value);
        if (largest <= LargestOf(slot)) return gradient with { IsLive = largest != 0 };
        if (policy == NonFinite.Throw)
            throw new NotFiniteNumberException(FormattableString.Invariant($"The gradient of {slot.Label} holds ")
                + (double.IsFinite(largest)
                    ? FormattableString.Invariant($"an entry of {largest:g3}, beyond {LargestOf(slot):g1}, ")
                        + "where sums or squares become infinite"
                    : "NaN or infinity")
                + ". Nothing was updated.");
        if (policy == NonFinite.Propagate) return gradient with { IsLive = true };
        gradient.Value.Dispose();
        return null;
    }

    /// <summary>max |x|; NaN where an entry is.</summary>
    private static double LargestNow(Tensor x)
    {
        using var scope = NewDisposeScope();
        // One pass; a norm of infinite order takes sixteen times as long here (768x3072, 2 cores, libtorch 2.10, November 2026).
        var (least, most) = x.aminmax();
        return Math.Max(-Number(least), Number(most));
    }

    private void CheckLater(IReadOnlyList<(MatrixOptimizer.Group group, NonFinite policy)> groups)
    {
        static IEnumerable<Slot> Live(MatrixOptimizer.Group group) => group.Slots.Where(slot => slot.Gradient is not null);
        var fatal = groups.Where(g => g.policy == NonFinite.Throw).SelectMany(g => Live(g.group)).Where(slot => slot.Entries > 0)
            .GroupBy(DeviceOf).Select(IsAnyTooLarge).ToArray();
        // A step is lost on all devices, or on none.
        var lost = groups.SelectMany(g => Live(g.group)).Where(_ => fatal.Length > 0).DistinctBy(DeviceOf)
            .ToDictionary(DeviceOf, slot => fatal.Length == 1
                ? fatal[0].to(slot.Parameter.device)
                : stack(fatal.Select(other => other.to(slot.Parameter.device))).any());
        if (lost.Count > 0) _firstLost.SetWhere(lost.Values.First(), _step);
        foreach (var (group, policy) in groups)
            foreach (var slot in Live(group))
            {
                var own = policy == NonFinite.Skip && slot.Entries > 0 ? IsAnyTooLarge([slot]) : null;
                var whole = lost.GetValueOrDefault(DeviceOf(slot));
                slot.Gradient = slot.Gradient!.Value with
                {
                    Lost = own is not null && whole is not null ? own.logical_or(whole) : own ?? whole,
                };
            }
    }

    private static (DeviceType, int) DeviceOf(Slot slot) => (slot.Parameter.device_type, slot.Parameter.device_index);

    /// <summary>Whether one of several gradients on a device is not finite or too large: one boolean, there. Small ones are looked at
    /// together.</summary>
    private static Tensor IsAnyTooLarge(IEnumerable<Slot> slots)
    {
        using var scope = NewDisposeScope();
        var findings = slots.GroupBy(slot => (LargestOf(slot), slot.Gradient!.Value.Value.dtype)).Select(alike =>
        {
            var small = alike.Where(slot => slot.IsSmall).ToArray();
            var largest = alike.Where(slot => !slot.IsSmall).Select(slot => Largest(slot.Gradient!.Value.Value)).ToList();
            if (small.Length > 0) largest.Add(Largest(cat(small.Select(slot => slot.Gradient!.Value.Value.reshape(-1)).ToArray(), 0)));
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
