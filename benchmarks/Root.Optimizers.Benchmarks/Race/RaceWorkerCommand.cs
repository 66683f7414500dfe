using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Shared;

namespace Root.Optimizers.Benchmarks.Race;

/// <summary>The other side of <see cref="RaceProcess"/>: reads the keys of runs, a line of JSON each, and answers each with a
/// line.</summary>
internal static class RaceWorkerCommand
{
    public const string Name = "race-worker";

    public static Command Create()
    {
        var count = new Argument<int>("count");
        var command = new Command(Name, "One of the processes of a race.") { count };
        command.Hidden = true;
        command.SetAction(given => Run(given.GetValue(count)));
        return command;
    }

    private static void Run(int count)
    {
        CpuThreads.Configure(count);
        // Ctrl-C reaches all processes of a terminal: this one ends with the race, by its input.
        using var signal = new StopSignal();
        // What else is printed must not get between the answers.
        var answers = Console.Out;
        Console.SetOut(Console.Error);
        var isTraining = false;
        using var keys = new BlockingCollection<string>();
        new Thread(() =>
        {
            while (Console.In.ReadLine() is { } line) keys.Add(line);
            // The race has ended, and nobody waits for the run.
            if (Volatile.Read(ref isTraining)) Process.GetCurrentProcess().Kill();
            keys.CompleteAdding();
        }) { IsBackground = true }.Start();
        foreach (var line in keys.GetConsumingEnumerable())
        {
            Volatile.Write(ref isTraining, true);
            var answer = Answer(line, count);
            Volatile.Write(ref isTraining, false);
            answers.WriteLine(JsonSerializer.Serialize(answer));
        }
    }

    private static RaceAnswer Answer(string line, int count)
    {
        try
        {
            var run = RaceTraining.Train(JsonSerializer.Deserialize<RaceKey>(line)!);
            return new(run with { AtOnce = count }, null);
        }
        catch (Exception e)
        {
            return new(null, e is UserException ? e.Message : e.ToString());
        }
    }
}
