using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>The element type in which the Newton-Schulz iteration runs. Momentum and parameters keep their own.</summary>
public enum Precision
{
    /// <summary>bfloat16 on CUDA, float32 on the CPU; float64 for float64 parameters.</summary>
    Automatic,

    /// <summary>float32.</summary>
    Float32,

    /// <summary>bfloat16: half the memory traffic; rounding alone leaves singular values within about 1e-2 of their
    /// float32 results.</summary>
    BFloat16,
}

internal static class Precisions
{
    public static ScalarType Resolve(this Precision precision, ScalarType parameter, Device device) => precision switch
    {
        Precision.BFloat16 => ScalarType.BFloat16,
        Precision.Float32 => ScalarType.Float32,
        _ when parameter == ScalarType.Float64 => ScalarType.Float64,
        _ => device.type == DeviceType.CUDA ? ScalarType.BFloat16 : ScalarType.Float32,
    };
}
