using Root.Optimizers.Core.State;
using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>Parameters that one call of AdamW updates, one after the other in one flat tensor.</summary>
/// <param name="bundle">Of which they are.</param>
/// <param name="gradients">Of parameters that have taken as many steps, and have one verdict.</param>
internal sealed class VectorBatch(VectorBundle bundle, IReadOnlyList<Gradient> gradients)
{
    private readonly Verdict _verdict = new(gradients[0].Lost);

    public IEnumerable<Slot> Slots => gradients.Select(gradient => gradient.Slot);

    /// <summary>Counts the step.</summary>
    /// <returns>How many they have taken, this one included.</returns>
    public long NextStep()
    {
        foreach (var (slot, _, _, _) in gradients) slot.Kept.step++;
        return gradients[0].Slot.Kept.step;
    }

    /// <summary>The gradients, in float32 or float64.</summary>
    public Tensor Gradients() => Join(gradient => gradient.Value).Widened();

    /// <summary>Changes a buffer in place, but where the step is lost.</summary>
    /// <returns>It, changed; only to be read.</returns>
    public Tensor Change(string name, Action<Tensor> change)
    {
        var buffer = LiesSideBySide ? bundle.Buffers[name] : Join(gradient => gradient.Slot.Kept[name]);
        _verdict.Change(buffer, change);
        if (!LiesSideBySide && !IsAlone) Scatter(buffer, slot => slot.Kept[name]);
        return buffer;
    }

    /// <summary>Changes the parameters, those of 16 bits by way of their float32 masters, or else of a float32 copy; but not where the
    /// step is lost.</summary>
    public void ChangeParameters(Action<Tensor> change)
    {
        if (gradients[0].Slot.Kept.Master is not null)
        {
            Change(ParameterState.MasterName, change);
            foreach (var slot in Slots) slot.Parameter.copy_(slot.Kept.Master!);
            return;
        }
        var parameters = Join(gradient => gradient.Slot.Parameter);
        var theta = parameters.Widened();
        if (LiesSideBySide)
        {
            var (flat, places) = bundle.Stage(theta);
            _verdict.Change(flat, change);
            for (var i = 0; i < places.Length; i++) gradients[i].Slot.Parameter.copy_(places[i]);
            return;
        }
        _verdict.Change(theta, change);
        if (!IsAlone || !ReferenceEquals(theta, parameters)) Scatter(theta, slot => slot.Parameter);
    }

    /// <summary>Takes over entries of 16-bit parameters that somebody else has changed since the last step.</summary>
    public void RefreshMasters()
    {
        foreach (var slot in Slots) slot.Kept.RefreshMaster(slot.Parameter);
    }

    private bool LiesSideBySide => !IsAlone && gradients.Count == bundle.Slots.Count;

    /// <summary>Then nothing is joined, and all has the parameter's own shape.</summary>
    private bool IsAlone => gradients.Count == 1;

    private Tensor Join(Func<Gradient, Tensor> of) =>
        IsAlone ? of(gradients[0]) : cat(gradients.Select(gradient => Flat(of(gradient))).ToArray(), 0);

    private static Tensor Flat(Tensor x) => x.ndim == 1 ? x : x.reshape(-1);

    private void Scatter(Tensor joined, Func<Slot, Tensor> to)
    {
        if (IsAlone)
        {
            to(gradients[0].Slot).copy_(joined);
            return;
        }
        var pieces = joined.split(gradients.Select(gradient => gradient.Slot.Entries).ToArray(), 0);
        for (var i = 0; i < pieces.Length; i++)
        {
            var slot = gradients[i].Slot;
            to(slot).copy_(slot.Shape.Length == 1 ? pieces[i] : pieces[i].view(slot.Shape));
        }
    }
}
