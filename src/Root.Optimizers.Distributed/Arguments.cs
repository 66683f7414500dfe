using static TorchSharp.torch;

namespace Root.Optimizers.Distributed;

/// <summary>What collective calls are given, checked before native code takes it for the extent of memory.</summary>
internal static class Arguments
{
    /// <exception cref="ArgumentException">The segments are not as many as ranks, or not those of x; or x is too large.</exception>
    public static void CheckSegments(Tensor x, IReadOnlyList<long> counts, int ranks)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(counts);
        if (x.dim() != 1) throw new ArgumentException($"Segments are those of a tensor of one dimension, and not of {x.dim()}.", nameof(x));
        if (x.numel() > int.MaxValue / x.ElementSize)
            throw new ArgumentException($"{x.numel()} entries of {x.ElementSize} bytes are more than {int.MaxValue} bytes.", nameof(x));
        if (counts.Count != ranks)
            throw new ArgumentException($"There are {counts.Count} segments for {ranks} ranks.", nameof(counts));
        if (counts.Any(count => count < 0 || count > x.numel()) || counts.Sum() != x.numel())
            throw new ArgumentException($"Segments of {string.Join(", ", counts)} entries do not add up to {x.numel()}.", nameof(counts));
    }

    /// <exception cref="ArgumentException">The root is no rank.</exception>
    public static void CheckRoot(Tensor x, int root, int ranks)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (root < 0 || root >= ranks) throw new ArgumentOutOfRangeException(nameof(root), root, $"It must be from 0 to {ranks - 1}.");
    }

    /// <exception cref="ArgumentException">The tensor does not lie in one piece.</exception>
    public static void CheckContiguous(Tensor x)
    {
        if (!x.is_contiguous()) throw new ArgumentException("A tensor for other ranks must be contiguous.", nameof(x));
    }

    /// <summary>What stands for the type in which a tensor is summed.</summary>
    /// <exception cref="ArgumentException">It is another one.</exception>
    public static T OfSum<T>(Tensor x, T float32, T float64) => x.dtype switch
    {
        ScalarType.Float32 => float32,
        ScalarType.Float64 => float64,
        var other => throw new ArgumentException($"Ranks sum float32 and float64, and not {other}.", nameof(x)),
    };
}
