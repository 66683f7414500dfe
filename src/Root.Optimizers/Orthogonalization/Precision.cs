using System.Runtime.Intrinsics.X86;
using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>The element type in which the Newton-Schulz iteration runs. Parameters keep their own; momentum is float32, or
/// float64.</summary>
public enum Precision
{
    /// <summary>
    /// bfloat16 on CUDA, and for matrices with a shorter side of 128 or more on CPUs that multiply it in hardware
    /// (AVX-512 BF16 or AMX); else float32, and float64 for float64 parameters.
    /// </summary>
    Automatic,

    /// <summary>float32.</summary>
    Float32,

    /// <summary>bfloat16: half the memory traffic; rounding alone leaves singular values within about 1e-2 of their
    /// float32 results.</summary>
    BFloat16,

    /// <summary>
    /// float16 (IEEE half): as wide as bfloat16 and eight times finer; rounding leaves singular values within about 1e-3 of their
    /// float32 results. Its small range is enough for an iteration, which begins with a matrix of known norm. A CPU without
    /// instructions for it takes 300 times as long as in bfloat16 (768x768 on AVX-512 BF16, libtorch 2.10, November 2026).
    /// </summary>
    Float16,
}

internal static class Precisions
{
    /// <summary>
    /// From this shorter side on bfloat16 is clearly the faster on a CPU that has it. Source: four plain steps on 2 cores with AVX-512
    /// BF16, libtorch 2.10, November 2026, bfloat16 over float32: 64x64 1.01, 96x96 0.89, 128x128 0.76, 128x512 0.63, 192x768
    /// 0.47, 512x512 0.30.
    /// </summary>
    private const long ShorterSideOnCpu = 128;

    /// <summary>The element type of an iteration.</summary>
    /// <param name="precision">What is asked for.</param>
    /// <param name="type">The parameters'.</param>
    /// <param name="device">Where they are.</param>
    /// <param name="shorterSide">Of the matrices.</param>
    /// <param name="cpuMultipliesBFloat16">Null: what the processor says of itself.</param>
    public static ScalarType Resolve(this Precision precision, ScalarType type, DeviceType device, long shorterSide,
        bool? cpuMultipliesBFloat16 = null) => precision switch
    {
        Precision.BFloat16 => ScalarType.BFloat16,
        Precision.Float16 => ScalarType.Float16,
        Precision.Float32 => ScalarType.Float32,
        _ when type == ScalarType.Float64 => ScalarType.Float64,
        _ when device == DeviceType.CUDA => ScalarType.BFloat16,
        _ when (cpuMultipliesBFloat16 ?? CpuMultipliesBFloat16.Value) && shorterSide >= ShorterSideOnCpu => ScalarType.BFloat16,
        _ => ScalarType.Float32,
    };

    /// <summary>The same for iterations that go by nothing but the type of their input, float32 or float64.</summary>
    public static ScalarType OrOwn(this Precision precision, ScalarType own) => precision switch
    {
        Precision.BFloat16 => ScalarType.BFloat16,
        Precision.Float16 => ScalarType.Float16,
        Precision.Float32 => ScalarType.Float32,
        _ => own,
    };

    /// <summary>What the processor says of itself: AVX-512 BF16, bit 5 of eax in leaf 7.1, or AMX-BF16, bit 22 of edx in
    /// leaf 7.0. Source: Intel Software Developer's Manual, CPUID.</summary>
    private static readonly Lazy<bool> CpuMultipliesBFloat16 = new(() =>
        X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7
        && (((X86Base.CpuId(7, 1).Eax >> 5) & 1) == 1 || ((X86Base.CpuId(7, 0).Edx >> 22) & 1) == 1));
}
