using System.Diagnostics;

namespace Root.Optimizers.Distributed.Tests;

/// <summary>Starts the scenarios as ranks.</summary>
internal static class Launch
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "..", "..", "Root.Optimizers.Distributed.Scenarios",
        Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Root.Optimizers.Distributed.Scenarios.dll");

    /// <summary>How a run of ranks has ended.</summary>
    /// <param name="ExitCode">Of the launcher.</param>
    /// <param name="Output">Of all ranks.</param>
    /// <param name="Errors">Likewise.</param>
    public sealed record Result(int ExitCode, string Output, string Errors)
    {
        /// <summary>What stands behind a word at the beginning of a line, sorted.</summary>
        public string[] Lines(string word) =>
            [.. Output.Split('\n').Where(line => line.StartsWith(word + " ", StringComparison.Ordinal))
                .Select(line => line[(word.Length + 1)..].Trim()).Order(StringComparer.Ordinal)];
    }

    /// <summary>Runs a scenario on ranks of an MPI, "openmpi" or "mpich"; skips the test where its launcher is missing.</summary>
    public static Result Run(string mpi, int ranks, string[] scenario, string? library = null)
    {
        var start = Command(mpi, ranks, [Program, .. scenario]);
        if (library is not null) start.Environment["ROOT_OPTIMIZERS_MPI"] = library;
        var (code, output, errors) = Execute(start);
        return new(code, output, errors);
    }

    /// <summary>How a program is started as ranks, its output redirected; skips the test where the launcher is missing.</summary>
    /// <param name="mpi">"openmpi" or "mpich".</param>
    /// <param name="ranks">How many.</param>
    /// <param name="program">Its library and arguments.</param>
    public static ProcessStartInfo Command(string mpi, int ranks, string[] program)
    {
        var launcher = Find(mpi);
        Assert.SkipWhen(launcher is null, $"mpirun of {mpi} is missing: apt-get install {(mpi == "mpich" ? "mpich" : "openmpi-bin")}");
        string[] options = mpi == "mpich" ? ["-n", $"{ranks}"] : ["-np", $"{ranks}", "--oversubscribe", "--bind-to", "none"];
        var start = Redirected(launcher, [.. options, "dotnet", .. program]);
        start.Environment["TERM"] = "dumb";
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        return start;
    }

    /// <summary>Debian's names tell the two apart; elsewhere mpirun says what it is.</summary>
    private static string? Find(string mpi)
    {
        foreach (var name in new[] { $"mpirun.{mpi}", "mpirun" })
        {
            try
            {
                var (_, output, errors) = Execute(Redirected(name, ["--version"]));
                if ((output + errors).Contains(mpi == "mpich" ? "HYDRA" : "Open MPI", StringComparison.OrdinalIgnoreCase)) return name;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // There is none of that name.
            }
        }
        return null;
    }

    private static ProcessStartInfo Redirected(string file, string[] arguments) =>
        new(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

    private static (int code, string output, string errors) Execute(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(Longest))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{string.Join(' ', start.ArgumentList)} did not end in {Longest}.");
        }
        return (process.ExitCode, output.Result, errors.Result);
    }
}
