using Root.Optimizers.Core.State;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>
/// Matrices of a group that are stepped together whenever they have gradients: of one shape, type, device, plan and factor of the
/// learning rate. Which these are is decided when the group is added.
/// </summary>
internal sealed class MatrixBundle : IDisposable
{
    /// <summary>
    /// On the CPU a bundle holds no more entries, or one parameter: small matrices gain by sharing calls, large ones lose the cache and
    /// the reuse of memory. Source: RootOptimizer's step on 2 cores with AVX-512 BF16, libtorch 2.10, November 2026, against one
    /// matrix at a time: 0.54 of the time for 8 of 192x768 by four, 0.39 for 8 of 192x192, 0.83 for 8 of 512x512 by four.
    /// </summary>
    private const long EntriesOnCpu = 1 << 20;

    /// <summary>Bytes of temporary tensors for an entry: gradients stacked, and at most three times the matrices in an iteration
    /// (<see cref="Orthogonalization.NewtonSchulz.Orthogonalize_"/>), in float32.</summary>
    private const long WorkspaceOfEntry = 16;

    private readonly SideBySide? _buffers;

    private MatrixBundle(MatrixPart[] parts)
    {
        // As a batch hands it out.
        Parts = Array.AsReadOnly(parts);
        var first = parts[0].Slot.Parameter.shape;
        AlongRows = parts.All(part => part.IsWhole && part.Slot.Parameter.shape.AsSpan(1).SequenceEqual(first.AsSpan(1)));
        if (parts.Length > 1 && parts.All(part => part.IsWhole)) _buffers = new(parts.Select(part => part.Slot.State).ToArray());
    }

    /// <summary>Parts of parameters, in the order in which they are stacked.</summary>
    public IReadOnlyList<MatrixPart> Parts { get; }

    /// <summary>Whether tensors of the parameters' shapes can be joined along their first dimension, and that be seen as
    /// (b, rows, columns).</summary>
    public bool AlongRows { get; }

    /// <summary>The bundles of a group, in order of appearance.</summary>
    /// <param name="slots">The group's parameters.</param>
    /// <param name="workspace">See <see cref="MatrixOptions.workspace_bytes"/>.</param>
    public static IReadOnlyList<MatrixBundle> Of(IEnumerable<Slot> slots, long workspace) => slots.OfType<MatrixSlot>()
        .SelectMany(slot => slot.Parts)
        .GroupBy(part => (part.Shape, part.Slot.Parameter.dtype, part.Slot.Parameter.device_type, part.Slot.Parameter.device_index,
            part.Plan, part.Slot.Share, part.Slot.Routed.InputFirst, part.IsWhole))
        .SelectMany(equal => Portions(equal, workspace / WorkspaceOfEntry))
        .Select(parts => new MatrixBundle(parts))
        .ToList();

    /// <summary>Portions of a size that does not depend on how many there are: of a power of two matrices, as layers are rarely an odd
    /// number, and one left over gains nothing.</summary>
    private static IEnumerable<MatrixPart[]> Portions(IEnumerable<MatrixPart> equal, long entriesElsewhere)
    {
        var (portion, matrices, most) = (new List<MatrixPart>(), 0L, 0L);
        foreach (var part in equal)
        {
            if (most == 0)
            {
                var entries = part.Slot.Parameter.device_type == DeviceType.CPU ? EntriesOnCpu : entriesElsewhere;
                most = 1L << (int)Math.Log2(Math.Max(1, entries / Math.Max(1, part.Shape.Rows * part.Shape.Columns)));
            }
            if (portion.Count > 0 && matrices + part.Blocks > most)
            {
                yield return [.. portion];
                (portion, matrices) = ([], 0);
            }
            portion.Add(part);
            matrices += part.Blocks;
        }
        yield return [.. portion];
    }

    /// <summary>What of the bundle is stepped now: the parts whose parameters have a gradient; null where none has.</summary>
    public MatrixBatch? BatchNow(StepWatch? watch)
    {
        var present = Slot.WithGradient(Parts, part => part.Slot);
        return present.Count == 0 ? null : new(this, present, watch);
    }

    /// <summary>The buffers of all parts, (b, buffer rows, buffer columns), where they lie side by side: a view.</summary>
    /// <param name="name">Of the buffer.</param>
    /// <param name="shape">(buffer rows, buffer columns).</param>
    public Tensor? Stacked(string name, MatrixShape shape) => _buffers?[name].view(-1, shape.Rows, shape.Columns);

    public void Dispose() => _buffers?.Dispose();
}
