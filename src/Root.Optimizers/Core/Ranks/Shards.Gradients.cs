using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.Ranks;

// Gradients of ranks that each have a part of the data, of which every rank needs those alone that it steps.
internal sealed partial class Shards
{
    /// <summary>The gradients of what this rank steps become the means over all ranks.</summary>
    /// <param name="slots">All parameters.</param>
    /// <param name="read">Reads their gradients.</param>
    public void Average(Slot[] slots, Action read)
    {
        var all = Messages.Exchange(() =>
        {
            read();
            return [.. slots.Select(slot => (byte)(slot.Gradient is null ? 0 : 1))];
        });
        for (var i = 0; i < slots.Length; i++)
            if (slots[i] is { IsOwn: true } slot && all.Any(its => its[i] != 0)) Prepare(slot);
        var averaged = slots.Where((_, i) => all.Any(its => its[i] != 0));
        InChunks(averaged, slot => slot.Parameter.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32,
            (flat, counts, places) =>
            {
                foreach (var (slot, piece, place) in places)
                    if (slot.Gradient is not { Value: var gradient }) place.zero_();
                    else place.copy_(piece.Length == slot.Entries ? gradient : gradient.reshape(-1).narrow(0, piece.Start, piece.Length));
                group.ReduceScatter(flat, counts);
                // A tensor, and not a number, which would be collected during the call.
                var ranks = tensor((double)group.Size, dtype: flat.dtype, device: flat.device);
                foreach (var (slot, piece, place) in places.Where(its => IsOwn(its.piece)))
                    Part(slot, slot.Gradient!.Value.Value, piece).copy_(place.div_(ranks));
            });
    }

    /// <summary>Sees to it that there is a gradient, and that it can be written to by pieces where the parameter can, which else is
    /// whole in a chunk.</summary>
    private static void Prepare(Slot slot)
    {
        if (slot.Gradient is { Value: var its } && (its.is_contiguous() || !slot.Parameter.is_contiguous())) return;
        using var made = slot.Gradient is { Value: var apart } ? apart.contiguous() : zeros_like(slot.Parameter);
        Release(slot);
        slot.Parameter.grad = made;
        slot.Gradient = new(slot.Parameter.grad!);
    }

    /// <summary>The sum over all ranks of what each has found.</summary>
    public double Sum(Func<double> own) => Messages.Exchange(() => BitConverter.GetBytes(own())).Sum(its => BitConverter.ToDouble(its));
}
