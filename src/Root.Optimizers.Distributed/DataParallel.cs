using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Distributed;

/// <summary>What a training loop does over ranks that each have a part of the data.</summary>
public static class DataParallel
{
    /// <summary>So many entries are averaged by one call: memory that the allocator keeps from call to call. With 16 M, new at every step,
    /// averaging 86 MB took 0.8 s in the place of 0.1 (docs/scaling.md).</summary>
    private const long BucketEntries = 1 << 22;

    /// <inheritdoc cref="AverageGradients(IProcessGroup, IEnumerable{Parameter})" path="/summary"/>
    /// <param name="group">The ranks.</param>
    /// <param name="model">All of its parameters.</param>
    public static void AverageGradients(this IProcessGroup group, nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        group.AverageGradients(model.parameters());
    }

    /// <summary>
    /// g &lt;- the mean of all ranks' g, in float32, or float64 for such parameters; between backward and step, and before gradients are
    /// clipped. A gradient that a rank has not counts as zero there, and is made; one that no rank has stays away. Every rank ends with
    /// the same gradients, to the bit.
    /// </summary>
    /// <param name="group">The ranks.</param>
    /// <param name="parameters">The same ones, in the same order, on every rank; those that require no gradient are left out.</param>
    public static void AverageGradients(this IProcessGroup group, IEnumerable<Parameter> parameters)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(parameters);
        if (group.Size == 1) return;
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var all = parameters.Where(parameter => parameter.requires_grad).ToArray();
        if (all.Length == 0) return;
        var owners = tensor(all.Select(parameter => parameter.grad is null ? 0f : 1f).ToArray());
        group.AllReduce(owners);
        var has = owners.data<float>().ToArray();
        foreach (var alike in all.Where((_, i) => has[i] > 0)
            .GroupBy(parameter => (parameter.dtype == ScalarType.Float64, parameter.device_type, parameter.device_index)))
        {
            var bucket = new List<Parameter>();
            foreach (var parameter in alike)
            {
                if (bucket.Count > 0 && bucket.Sum(its => its.numel()) + parameter.numel() > BucketEntries)
                {
                    Average(group, bucket);
                    bucket.Clear();
                }
                bucket.Add(parameter);
            }
            Average(group, bucket);
        }
    }

    private static void Average(IProcessGroup group, List<Parameter> bucket)
    {
        using var scope = NewDisposeScope();
        var type = bucket[0].dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        foreach (var parameter in bucket.Where(parameter => parameter.grad is null))
            parameter.grad = zeros(parameter.shape, dtype: parameter.dtype, device: parameter.device);
        var gradients = bucket.Select(parameter => parameter.grad!).ToArray();
        var flat = cat(gradients.Select(gradient => gradient.reshape(-1).to(type)).ToArray(), 0);
        group.AllReduce(flat);
        // A tensor, and not a number, which would be collected during the call.
        flat.div_(tensor((double)group.Size, dtype: type, device: flat.device));
        var pieces = flat.split(gradients.Select(gradient => gradient.numel()).ToArray(), 0);
        foreach (var (gradient, piece) in gradients.Zip(pieces)) gradient.copy_(piece.view(gradient.shape));
    }

    /// <summary>
    /// This rank's share of items, such as the indices of an epoch after they were shuffled alike on all ranks: every Size-th from the
    /// Rank-th on. All ranks get as many, so that they make as many steps; up to Size - 1 at the end are left out.
    /// </summary>
    /// <param name="group">The ranks.</param>
    /// <param name="items">The same ones, in the same order, on every rank.</param>
    public static IEnumerable<T> Shard<T>(this IProcessGroup group, IReadOnlyList<T> items)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(items);
        return Items();

        IEnumerable<T> Items()
        {
            for (var i = group.Rank; i < items.Count / group.Size * group.Size; i += group.Size) yield return items[i];
        }
    }
}
