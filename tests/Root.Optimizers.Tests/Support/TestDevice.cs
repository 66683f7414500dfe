using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Support;

/// <summary>Where the tests run: CUDA where there is one (ROOT_TEST_DEVICE=cpu overrides), else the CPU.</summary>
public static class TestDevice
{
    public static readonly Device Device =
        cuda.is_available() && Environment.GetEnvironmentVariable("ROOT_TEST_DEVICE") != "cpu" ? CUDA : CPU;

    public static Tensor OnDevice(this Tensor tensor) => tensor.to(Device);
}
