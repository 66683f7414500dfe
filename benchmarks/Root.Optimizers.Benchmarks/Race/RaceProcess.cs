using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Root.Optimizers.Benchmarks.Compare;
using Shared;

namespace Root.Optimizers.Benchmarks.Race;

/// <summary>What <see cref="RaceWorkerCommand"/> answers: a run, or why there is none.</summary>
internal sealed record RaceAnswer(RaceRun? Run, string? Error);

/// <summary>Trains in a process of its own, which starts with its first run and takes one after the other. It ends when its input does, so
/// it never outlives this process.</summary>
/// <param name="count">How many of these share the machine.</param>
internal sealed class RaceProcess(int count) : IDisposable
{
    private Process? _process;

    /// <exception cref="UserException">The run failed, or the process has ended.</exception>
    public async Task<RaceRun> Train(RaceKey key)
    {
        _process ??= Start();
        string? line = null;
        try
        {
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(key));
            line = await _process.StandardOutput.ReadLineAsync();
        }
        catch (IOException)
        {
            // Nobody reads or writes there any more: as where there is no line.
        }
        if (line is null)
        {
            await _process.WaitForExitAsync();
            throw new UserException($"{key}: its process ended, with exit code {_process.ExitCode}.");
        }
        var answer = JsonSerializer.Deserialize<RaceAnswer>(line)!;
        return answer.Run ?? throw new UserException($"{key}: {answer.Error}");
    }

    private Process Start()
    {
        // Where it must be downloaded, once and not by each process.
        _ = Training.Text.Value;
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet") start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        start.ArgumentList.Add(RaceWorkerCommand.Name);
        start.ArgumentList.Add(count.ToString(CultureInfo.InvariantCulture));
        return Process.Start(start)!;
    }

    public void Dispose()
    {
        if (_process is null) return;
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10))) _process.Kill();
        _process.Dispose();
    }
}
