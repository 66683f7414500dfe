using System.Diagnostics;
using System.Globalization;
using System.Text;
using Shared;

namespace Root.Optimizers.Benchmarks.Results;

/// <summary>
/// One command's run, which leaves its output, figures and log in a folder of the commit, and puts its block into the page.
/// </summary>
internal sealed class ResultRun(Result result, string commit)
{
    private readonly string _folder = Path.Combine("artifacts", "results", commit, result.Name);

    /// <summary>What the command has said about its progress.</summary>
    public string Log => Path.Combine(_folder, "log");

    /// <summary>Whether a run of this commit has come to its end.</summary>
    public bool IsMade => File.Exists(Record);

    private string Record => Path.Combine(_folder, "record.json");

    /// <summary>Runs the command, and puts what it prints into the page and its pictures beside it.</summary>
    /// <returns>The command's exit code: of one that fails the page stays as it was.</returns>
    public int Make(CancellationToken stop)
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        Directory.CreateDirectory(_folder);
        var date = DateTime.UtcNow;
        var started = Stopwatch.GetTimestamp();
        var (exitCode, output) = Run(stop);
        if (exitCode != 0 || stop.IsCancellationRequested) return exitCode;
        var minutes = Stopwatch.GetElapsedTime(started).TotalMinutes;
        var (time, unit) = minutes < 1 ? (minutes * 60, "seconds") : (minutes, "minutes");
        var machine = Machine.Describe();
        // What a command itself says of its machine is as exact or more: host's one thread, step's rate of products.
        var on = output.Contains($", libtorch {TorchSharp.torch.__version__}") ? "" : $"; {machine}";
        var block = string.Create(CultureInfo.InvariantCulture,
            $"`{result.Command}`: {date:yyyy-MM-dd}, commit {commit}, {time:0.#} {unit}{on}.\n\n{output}");
        AtomicFile.Write(Path.Combine(_folder, "output.md"), output);
        AtomicFile.Write(result.Page, result.Put(block, File.ReadAllText(result.Page)));
        foreach (var picture in Directory.EnumerateFiles(_folder, "*.svg"))
            AtomicFile.Write(Path.Combine(Path.GetDirectoryName(result.Page)!, Path.GetFileName(picture)), File.ReadAllText(picture));
        // Last: what it is there for has been done.
        ResultFile.Write(Record, new { result.Name, result.Command, commit, machine, date, minutes });
        return 0;
    }

    private (int exitCode, string output) Run(CancellationToken stop)
    {
        // DIR is the reader's; a benchmark is this very program.
        var words = result.Command.Split(' ').Select(word => word == "DIR" ? _folder : word).ToArray();
        string[] command = words is ["./run", "bench", .. var rest] ? ["dotnet", typeof(ResultRun).Assembly.Location, .. rest] : words;
        var start = new ProcessStartInfo(command[0], [.. command[1..], "--json", Path.Combine(_folder, "figures.json")])
            { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 };
        using var process = Process.Start(start)!;
        using var killed = stop.Register(() => process.Kill(entireProcessTree: true));
        using var log = new StreamWriter(Log) { AutoFlush = true };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null) return;
            log.WriteLine(line.Data);
            Console.Error.WriteLine($"  {line.Data}");
        };
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
