using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Support;

/// <summary>Where the tests run: on what ROOT_TEST_DEVICE names, cpu or cuda; by default on CUDA where there is one.</summary>
public static class TestDevice
{
    public static readonly Device Device = Environment.GetEnvironmentVariable("ROOT_TEST_DEVICE") switch
    {
        "cpu" => CPU,
        "cuda" => CUDA,
        null or "" => cuda.is_available() ? CUDA : CPU,
        var other => throw new ArgumentException($"ROOT_TEST_DEVICE={other}: cpu or cuda"),
    };

    public static Tensor OnDevice(this Tensor tensor) => tensor.to(Device);

    /// <summary>The CPU, or CUDA where the tests run on it; else the test is skipped.</summary>
    public static Device OrSkip(DeviceType type)
    {
        Assert.SkipUnless(type == DeviceType.CPU || Device.type == type, "no CUDA device");
        return type == DeviceType.CPU ? CPU : CUDA;
    }
}
