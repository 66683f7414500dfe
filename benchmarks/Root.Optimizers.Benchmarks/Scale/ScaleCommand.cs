using System.CommandLine;
using System.Globalization;
using Root.Optimizers.Distributed;
using Shared;

namespace Root.Optimizers.Benchmarks.Scale;

/// <summary>
/// ./run bench scale: a training's steps on one rank and on several, which ./run starts, interleaved in one job; or what the model says of
/// many.
/// </summary>
internal static class ScaleCommand
{
    public static Command Create()
    {
        var ranks = new Option<string>("--ranks") { Description = "1 and one other number", DefaultValueFactory = _ => "1,2" };
        var parameters = new Option<string>("--params")
            { Description = ScaleWork.Names, DefaultValueFactory = _ => "gpt2-small:3" };
        var batch = new Option<int>("--batch")
            { Description = "sequences of a step of one rank; strong scaling shares them out", DefaultValueFactory = _ => 4 };
        var rounds = new Option<int>("--rounds") { Description = "timed steps of each", DefaultValueFactory = _ => 3 };
        var minutes = new Option<double>("--minutes")
            { Description = "after which no further round begins", DefaultValueFactory = _ => 3 };
        var simulate = new Option<string?>("--simulate")
            { Description = $"measures nothing, and prints the model for 2 to 1,024 ranks: comma-separated, of {Simulation.Names}" };
        var json = new Option<string?>("--json") { Description = "file for the figures" };
        var command = new Command("scale", "Optimizers on several ranks: replicated, and shared out.")
            { ranks, parameters, batch, rounds, minutes, simulate, json };
        command.SetAction(given =>
        {
            if (given.GetValue(simulate) is { } models) return Simulate(models.Split(','), given.GetValue(json));
            var exitCode = 0;
            ProcessGroup.Run(group => exitCode = OnRank(group, given.GetValue(ranks)!, given.GetValue(parameters)!,
                given.GetValue(batch), given.GetValue(rounds), given.GetValue(minutes), given.GetValue(json)));
            return exitCode;
        });
        return command;
    }

    private static int Simulate(string[] models, string? path)
    {
        if (Array.Find(models, model => !Simulation.Has(model)) is { } unknown)
            throw new UserException($"--simulate {unknown}: of {Simulation.Names}.", UserException.Usage);
        foreach (var model in models) Console.Write(Simulation.Page(model));
        if (path is not null) ResultFile.Write(path, new { simulated = models.SelectMany(Simulation.Rows) });
        return 0;
    }

    private static int OnRank(IProcessGroup group, string ranks, string model, int batch, int rounds, double minutes, string? path)
    {
        try
        {
            if (group.Rank > 0) Console.SetOut(TextWriter.Null);
            if (rounds < 1) throw new UserException($"--rounds {rounds}: must be 1 or more.", UserException.Usage);
            if (!(minutes >= 0 && minutes < 1e4))
                throw new UserException($"--minutes {minutes}: must be from 0 to 10,000.", UserException.Usage);
            if (batch < 1 || batch % group.Size != 0)
                throw new UserException($"--batch {batch}: {group.Size} ranks cannot have equal parts of it.", UserException.Usage);
            return Measure(group, Sizes(ranks, group.Size), model, batch, rounds, minutes, path);
        }
        catch (UserException e) when (group.Size > 1)
        {
            group.Abort(e.Message);
            throw;
        }
    }

    private static int[] Sizes(string ranks, int size)
    {
        int[] sizes = [.. ranks.Split(',').Select(text => int.TryParse(text, out var number) ? number : 0).Distinct().Order()];
        return sizes[^1] == size && sizes.All(number => number == 1 || number == size)
            ? sizes
            : throw new UserException($"--ranks {ranks}: 1, another number, or both; ./run bench starts as many.", UserException.Usage);
    }

    private static int Measure(IProcessGroup group, int[] sizes, string model, int batch, int rounds, double minutes, string? path)
    {
        using var stop = new StopSignal();
        using var work = new ScaleWork(model, batch, group.Rank);
        using var run = new ScaleRun(group, sizes, work, batch);
        if (run.Measure(rounds, TimeSpan.FromMinutes(minutes), stop.Token) is not { } rows)
        {
            if (group.Rank == 0) Console.Error.WriteLine("Stopped.");
            return StopSignal.ExitCode;
        }
        if (group.Rank > 0) return 0;
        Console.WriteLine(Machine.Describe());
        Console.Write(ScalePage.Of(rows, FormattableString.Invariant(
            $"{model} ({work.Parameters / 1e6:0.0} M parameters), {batch} sequences of {work.Context} bytes, medians of {run.Rounds}")));
        if (group.Size > 1)
            Console.WriteLine(FormattableString.Invariant(
                $"\nBetween the ranks a call takes {run.Latency * 1e3:0.00} ms, and {run.BytesPerSecond / 1e9:0.00} GB/s are sent."));
        if (path is null) return 0;
        ResultFile.Write(path, new
        {
            machine = Machine.Describe(), @params = model, batch, work.Context, run.Rounds, run.Latency,
            bytes_per_second = group.Size > 1 ? run.BytesPerSecond : (double?)null, rows,
        });
        return 0;
    }
}
