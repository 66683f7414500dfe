using CharGpt;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks;

/// <summary>What several commands read of the command line.</summary>
internal static class CommandLine
{
    /// <exception cref="UserException">There is no such device here.</exception>
    public static Device Device(string name)
    {
        Device device;
        try
        {
            device = new Device(name);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new UserException($"--device {name}: cpu, cuda or cuda:N.", UserException.Usage);
        }
        if (device.type == DeviceType.CUDA && !cuda.is_available())
            throw new UserException($"--device {name}: no CUDA device can be used here.");
        return device;
    }
}
