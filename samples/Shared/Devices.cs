using TorchSharp;
using static TorchSharp.torch;

namespace Shared;

/// <summary>The devices that a command line may name.</summary>
public static class Devices
{
    /// <summary>cpu, cuda or cuda:N.</summary>
    /// <exception cref="UserException">It is none of these, or there is no such device here.</exception>
    public static Device Parse(string name)
    {
        var device = Named(name);
        return device.type != DeviceType.CUDA || cuda.is_available()
            ? device
            : throw new UserException($"--device {name}: no CUDA device can be used here.");
    }

    /// <summary>cpu, cuda or cuda:N, whether or not it is there.</summary>
    /// <exception cref="UserException">It is none of these.</exception>
    public static Device Named(string name)
    {
        try
        {
            return new Device(name);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw new UserException($"--device {name}: cpu, cuda or cuda:N.", UserException.Usage);
        }
    }
}
