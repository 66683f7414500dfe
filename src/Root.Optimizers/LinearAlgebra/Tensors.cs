using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.LinearAlgebra;

/// <summary>What is said of tensors in more than one place.</summary>
internal static class Tensors
{
    /// <summary>In float32, or in float64 where it is so already: then the tensor itself.</summary>
    public static Tensor Widened(this Tensor X) => X.dtype.IsWide() ? X : X.to(ScalarType.Float32);

    /// <summary>The type to sum in: float32, or float64 where it is so already.</summary>
    public static ScalarType Widened(this ScalarType type) => type.IsWide() ? type : ScalarType.Float32;

    /// <summary>Whether a type is wide enough to sum in: float32 or float64.</summary>
    public static bool IsWide(this ScalarType type) => type is ScalarType.Float32 or ScalarType.Float64;

    /// <summary>The distance from 1 to the next larger number; of 16-bit types that of float32, in which they are computed.</summary>
    public static double Rounding(this ScalarType type) => type == ScalarType.Float64 ? Math.Pow(2, -52) : Math.Pow(2, -23);

    /// <summary>X &lt;- next; the old X is released.</summary>
    public static void Replace(ref Tensor X, Tensor next)
    {
        X.Dispose();
        X = next;
    }

    /// <summary>A shape as messages have it: (3, 4).</summary>
    public static string Text(this IEnumerable<long> shape) => $"({string.Join(", ", shape)})";
}
