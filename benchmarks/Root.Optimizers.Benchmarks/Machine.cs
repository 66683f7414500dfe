using System.Collections;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks;

/// <summary>What a figure was measured on.</summary>
/// <param name="Device">The GPU's index, or the processor's name.</param>
/// <param name="Cores">Processors that this process may use.</param>
/// <param name="Threads">libtorch's threads.</param>
/// <param name="Blas">The BLAS libraries that are loaded.</param>
/// <param name="Environment">Variables that change their speed.</param>
/// <param name="Libtorch">Its version.</param>
/// <param name="BFloat16Gflops">The measured rate of a product of 2048 x 2048 matrices.</param>
/// <param name="Float32Gflops">Likewise.</param>
internal sealed record Machine(string Device, int Cores, int Threads, string Blas, string Environment, string Libtorch,
    double BFloat16Gflops, double Float32Gflops)
{
    public static Machine Measure(Device device) => new(
        device.type == DeviceType.CUDA ? $"CUDA device {Math.Max(device.index, 0)}" : Processor(),
        System.Environment.ProcessorCount, get_num_threads(), LoadedBlas(), Variables(), __version__,
        Gflops(ScalarType.BFloat16, device), Gflops(ScalarType.Float32, device));

    private static readonly Lazy<string> Gpus = new(FindGpus);

    /// <summary>One line for the foot of a page; measures nothing.</summary>
    /// <param name="device">What the work was done on; the processor by default.</param>
    public static string Describe(Device? device = null) =>
        (device?.type == DeviceType.CUDA ? $"{Gpus.Value}, " : "")
        + $"{Processor()}, {System.Environment.ProcessorCount} cores, {get_num_threads()} threads, {LoadedBlas()}, "
        + $"libtorch {__version__}, {Variables()}";

    /// <summary>Of a type; where float16 is multiplied in hardware, it is at bfloat16's rate.</summary>
    public double Gflops(ScalarType type) => type is ScalarType.BFloat16 or ScalarType.Float16 ? BFloat16Gflops : Float32Gflops;

    public override string ToString() => FormattableString.Invariant($"""
        {Device}, {Cores} cores, {Threads} threads, {Blas}, libtorch {Libtorch}, {Environment};
        matrix products: bfloat16 {BFloat16Gflops:0} GFLOP/s, float32 {Float32Gflops:0} GFLOP/s
        """);

    private static string Processor()
    {
        const string file = "/proc/cpuinfo";
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith("model name")) : null;
        return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    /// <summary>TorchSharp does not say their names, and the driver does.</summary>
    private static string FindGpus()
    {
        try
        {
            using var driver = Process.Start(new ProcessStartInfo("nvidia-smi", ["--query-gpu=name", "--format=csv,noheader"])
                { RedirectStandardOutput = true })!;
            var names = driver.StandardOutput.ReadToEnd().Trim().Split('\n').Distinct();
            driver.WaitForExit();
            return driver.ExitCode == 0 ? string.Join(" and ", names) : "a CUDA device";
        }
        catch (Win32Exception)
        {
            return "a CUDA device";
        }
    }

    private static string LoadedBlas()
    {
        // Libraries are loaded as they are first used.
        using (ones(2, 2).mm(ones(2, 2))) { }
        const string maps = "/proc/self/maps";
        if (!File.Exists(maps)) return "BLAS unknown";
        var libraries = File.ReadLines(maps)
            .Select(line => Path.GetFileName(line.Split(' ')[^1]))
            .Where(name => name.Contains("blas", StringComparison.OrdinalIgnoreCase) || name.Contains("mkl") || name.Contains("dnnl"))
            .Distinct().Order().ToArray();
        return libraries.Length == 0 ? "BLAS within libtorch" : string.Join(" ", libraries);
    }

    private static string Variables()
    {
        var set = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(e => (name: (string)e.Key, value: (string?)e.Value))
            .Where(e => e.name.StartsWith("OPENBLAS_") || e.name.StartsWith("OMP_") || e.name.StartsWith("MKL_")
                || e.name.StartsWith("ATEN_"))
            .OrderBy(e => e.name, StringComparer.Ordinal).Select(e => $"{e.name}={e.value}").ToArray();
        return set.Length == 0 ? "no OPENBLAS_, OMP_ or MKL_ variables" : string.Join(" ", set);
    }

    private static double Gflops(ScalarType type, Device device)
    {
        const long side = 2048;
        using var scope = NewDisposeScope();
        var (a, b) = (randn(side, side, device: device).to(type), randn(side, side, device: device).to(type));
        var best = double.PositiveInfinity;
        for (var i = 0; i < 8; i++)
        {
            var seconds = Timing.Seconds(() => { using var product = a.mm(b); }, device);
            if (i > 1) best = Math.Min(best, seconds);
        }
        return 2.0 * side * side * side / best / 1e9;
    }
}

/// <summary>Wall time.</summary>
internal static class Timing
{
    /// <summary>The seconds that something takes, work that it leaves on the device included.</summary>
    public static double Seconds(Action action, Device device)
    {
        if (device.type == DeviceType.CUDA) cuda.synchronize(device);
        var started = Stopwatch.GetTimestamp();
        action();
        if (device.type == DeviceType.CUDA) cuda.synchronize(device);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    public static double Median(IEnumerable<double> values) => values.Order().ToArray() is var sorted && sorted.Length > 0
        ? (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2
        : double.NaN;
}
