using System.Runtime.InteropServices;
using TorchSharp;

namespace Shared;

/// <summary>How libtorch uses the processor. What OMP_NUM_THREADS and OMP_WAIT_POLICY say goes before.</summary>
public static class CpuThreads
{
    /// <summary>One thread per processor; waiting threads sleep. To be called before any tensor is made.</summary>
    /// <param name="processes">That share the processors.</param>
    public static void Configure(int processes = 1)
    {
        // By default OpenMP's threads spin at barriers, and a single other busy process then slows a step down
        // thirtyfold (seen on 2 cores). libgomp reads its environment as libtorch loads it, and only the native one:
        // .NET's Environment.SetEnvironmentVariable does not reach it.
        if (OperatingSystem.IsLinux())
        {
            _ = SetEnvironment("OMP_WAIT_POLICY", "passive", overwrite: 0);
        }

        // libtorch may start with one thread only.
        if (Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is null)
        {
            torch.set_num_threads(Math.Max(1, Environment.ProcessorCount / processes));
        }
    }

    [DllImport("libc", EntryPoint = "setenv")]
    private static extern int SetEnvironment(string name, string value, int overwrite);
}
