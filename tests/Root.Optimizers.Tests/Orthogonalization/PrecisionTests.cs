using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Orthogonalization;

public class PrecisionTests
{
    [Theory]
    // What is asked for is taken.
    [InlineData(Precision.Float32, ScalarType.Float64, DeviceType.CUDA, 4, true, ScalarType.Float32)]
    [InlineData(Precision.BFloat16, ScalarType.Float64, DeviceType.CPU, 4, false, ScalarType.BFloat16)]
    [InlineData(Precision.Float16, ScalarType.Float32, DeviceType.CPU, 4, true, ScalarType.Float16)]
    [InlineData(Precision.Float16, ScalarType.BFloat16, DeviceType.CUDA, 512, false, ScalarType.Float16)]
    // float64 stays float64.
    [InlineData(Precision.Automatic, ScalarType.Float64, DeviceType.CPU, 1024, true, ScalarType.Float64)]
    [InlineData(Precision.Automatic, ScalarType.Float64, DeviceType.CUDA, 1024, true, ScalarType.Float64)]
    // A GPU takes bfloat16 at every size, a CPU from 128 rows or columns on where it has the instructions.
    [InlineData(Precision.Automatic, ScalarType.Float32, DeviceType.CUDA, 4, false, ScalarType.BFloat16)]
    [InlineData(Precision.Automatic, ScalarType.Float32, DeviceType.CPU, 127, true, ScalarType.Float32)]
    [InlineData(Precision.Automatic, ScalarType.Float32, DeviceType.CPU, 128, true, ScalarType.BFloat16)]
    [InlineData(Precision.Automatic, ScalarType.Float32, DeviceType.CPU, 4096, false, ScalarType.Float32)]
    // 16-bit parameters iterate in float32 where bfloat16 does not pay.
    [InlineData(Precision.Automatic, ScalarType.BFloat16, DeviceType.CPU, 64, true, ScalarType.Float32)]
    [InlineData(Precision.Automatic, ScalarType.Float16, DeviceType.CPU, 512, true, ScalarType.BFloat16)]
    public void The_iteration_runs_in(Precision precision, ScalarType parameters, DeviceType device, long shorterSide,
        bool cpuMultipliesBFloat16, ScalarType expected) =>
        Assert.Equal(expected, precision.Resolve(parameters, device, shorterSide, cpuMultipliesBFloat16));
}
