using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>
/// Whether parameters share memory: views of one storage would be stepped twice, and what is expanded cannot be written in place.
/// TorchSharp shows the address of every type on the CPU, and of float32 and float64 elsewhere; others are not looked at.
/// </summary>
internal static class Overlap
{
    /// <summary>Whether entries of the parameter share memory with each other.</summary>
    public static bool IsExpanded(Parameter parameter) =>
        parameter.shape.Zip(parameter.stride()).Any(side => side.First > 1 && side.Second == 0);

    /// <summary>The first pair of parameters that share memory, or null.</summary>
    public static (Parameter, Parameter)? Find(IEnumerable<Parameter> parameters)
    {
        var ranges = parameters.Select(p => (parameter: p, start: Address(p) ?? 0, bytes: Bytes(p)))
            .Where(range => range.start != 0).OrderBy(range => range.start).ToArray();
        for (var i = 0; i < ranges.Length; i++)
            for (var j = i + 1; j < ranges.Length && ranges[j].start < ranges[i].start + ranges[i].bytes; j++)
                if (SharesEntries(ranges[i].parameter, ranges[j].parameter, ranges[j].start - ranges[i].start))
                    return (ranges[i].parameter, ranges[j].parameter);
        return null;
    }

    /// <summary>From the first entry to behind the last.</summary>
    private static long Bytes(Tensor x) =>
        (1 + x.shape.Zip(x.stride()).Sum(side => (side.First - 1) * side.Second)) * x.ElementSize;

    private static long? Address(Parameter parameter)
    {
        if (parameter.numel() == 0 || parameter.device_type == DeviceType.META) return null;
        using var scope = NewDisposeScope();
        var x = parameter.detach();
        if (x.device_type == DeviceType.CPU)
        {
            var first = x.as_strided([1], [1], x.storage_offset()).bytes;
            return Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(first));
        }
        return x.dtype switch
        {
            ScalarType.Float32 => x.storage<float>().data_ptr() + x.storage_offset() * x.ElementSize,
            ScalarType.Float64 => x.storage<double>().data_ptr() + x.storage_offset() * x.ElementSize,
            _ => null,
        };
    }

    /// <summary>Strided views may lie in each other's gaps: one marks its bytes, the other looks whether it finds them marked.</summary>
    private static bool SharesEntries(Tensor a, Tensor b, long apart)
    {
        using var scope = NewDisposeScope();
        var marks = zeros(Math.Max(Bytes(a), apart + Bytes(b)), ScalarType.Bool);
        Entries(a, 0).logical_not_();
        return Entries(b, apart).any().item<bool>();

        Tensor Entries(Tensor x, long offset) => marks.as_strided([.. x.shape, x.ElementSize],
            [.. x.stride().Select(stride => stride * x.ElementSize), 1], offset);
    }
}
