using System.Globalization;
using System.Runtime.InteropServices;
using Shared;

namespace Root.Optimizers.Benchmarks.Memory;

/// <summary>The process's resident memory, in MiB, as Linux counts it.</summary>
internal static class ResidentMemory
{
    /// <summary>What is resident when everything that was freed has gone back to the system.</summary>
    public static double Now()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _ = Trim(0);
        return Read("VmRSS:");
    }

    /// <summary>The most since <see cref="ResetPeak"/>.</summary>
    public static double Peak() => Read("VmHWM:");

    public static void ResetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    private static double Read(string name)
    {
        if (!OperatingSystem.IsLinux()) throw new UserException("bench memory reads /proc/self/status: it runs on Linux only.");
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    private static extern int Trim(nuint pad);
}
