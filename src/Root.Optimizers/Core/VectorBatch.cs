using Root.Optimizers.Core.State;
using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>Parameters that one call of AdamW updates, one after the other in one flat tensor.</summary>
/// <param name="bundle">Of which they are.</param>
/// <param name="slots">With gradients; they have taken as many steps, and have one verdict.</param>
internal sealed class VectorBatch(VectorBundle bundle, IReadOnlyList<VectorSlot> slots)
{
    private readonly Verdict _verdict = new(slots[0].Gradient!.Value.Lost);

    public IReadOnlyList<VectorSlot> Slots => slots;

    /// <summary>Counts the step.</summary>
    /// <returns>How many they have taken, this one included.</returns>
    public long NextStep()
    {
        foreach (var slot in slots) slot.State.step++;
        return slots[0].State.step;
    }

    /// <summary>The gradients, in float32 or float64.</summary>
    public Tensor Gradients() => Join(slot => slot.Gradient!.Value.Value).Widened();

    /// <summary>Changes a buffer in place, but where the step is lost.</summary>
    /// <returns>It, changed; only to be read.</returns>
    public Tensor Change(string name, Action<Tensor> change)
    {
        var buffer = LiesSideBySide ? bundle.Buffers[name] : Join(slot => slot.State[name]);
        _verdict.Change(buffer, change);
        if (!LiesSideBySide && !IsAlone) Scatter(buffer, slot => slot.State[name]);
        return buffer;
    }

    /// <summary>Changes the parameters, those of 16 bits by way of their float32 masters, or else of a float32 copy; but not where the
    /// step is lost.</summary>
    public void ChangeParameters(Action<Tensor> change)
    {
        if (slots[0].State.Master is not null)
        {
            Change(ParameterState.MasterName, change);
            foreach (var slot in slots) slot.Own(slot.Parameter).copy_(slot.State.Master!);
            return;
        }
        var parameters = Join(slot => slot.Own(slot.Parameter));
        var theta = parameters.Widened();
        if (LiesSideBySide)
        {
            var (flat, places) = bundle.Stage(theta);
            _verdict.Change(flat, change);
            for (var i = 0; i < places.Length; i++) slots[i].Parameter.copy_(places[i]);
            return;
        }
        _verdict.Change(theta, change);
        if (!IsAlone || !ReferenceEquals(theta, parameters)) Scatter(theta, slot => slot.Own(slot.Parameter));
    }

    /// <summary>Takes over entries of 16-bit parameters that somebody else has changed since the last step.</summary>
    public void RefreshMasters()
    {
        foreach (var slot in slots) slot.State.RefreshMaster(slot.Own(slot.Parameter));
    }

    private bool LiesSideBySide => !IsAlone && slots.Count == bundle.Slots.Count;

    /// <summary>Then nothing is joined, and all has the parameter's own shape, or that of this rank's piece.</summary>
    private bool IsAlone => slots.Count == 1;

    private Tensor Join(Func<VectorSlot, Tensor> of) =>
        IsAlone ? of(slots[0]) : cat(slots.Select(slot => Flat(of(slot))).ToArray(), 0);

    private static Tensor Flat(Tensor x) => x.ndim == 1 ? x : x.reshape(-1);

    private void Scatter(Tensor joined, Func<VectorSlot, Tensor> to)
    {
        if (IsAlone)
        {
            to(slots[0]).copy_(joined);
            return;
        }
        var pieces = joined.split(slots.Select(slot => slot.Entries).ToArray(), 0);
        for (var i = 0; i < pieces.Length; i++)
        {
            var slot = slots[i];
            to(slot).copy_(slot.Shape.Length == 1 ? pieces[i] : pieces[i].view(slot.Shape));
        }
    }
}
