using System.CommandLine;
using System.Globalization;
using Root.Optimizers.Benchmarks.Step;
using Root.Optimizers.Distributed;
using Shared;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Scale;

/// <summary>
/// ./run bench scale: the optimizer's part of a step on one rank and on several, which ./run starts, interleaved in one job; or what the
/// model says of many. Gradients are Gaussian, and equal on all ranks.
/// </summary>
internal static class ScaleCommand
{
    public static Command Create()
    {
        var ranks = new Option<string>("--ranks") { Description = "1 and one other number", DefaultValueFactory = _ => "1,2" };
        var parameters = new Option<string>("--params")
            { Description = ParameterSet.Names, DefaultValueFactory = _ => "gpt2-small:3" };
        var rounds = new Option<int>("--rounds") { Description = "timed steps of each", DefaultValueFactory = _ => 3 };
        var simulate = new Option<string?>("--simulate")
            { Description = $"measures nothing, and prints the model for 2 to 1,024 ranks: comma-separated, of {Simulation.Names}" };
        var json = new Option<string?>("--json") { Description = "file for the figures" };
        var command = new Command("scale", "Optimizers on several ranks: replicated, and shared out.")
            { ranks, parameters, rounds, simulate, json };
        command.SetAction(given => given.GetValue(simulate) is { } models ? Simulate(models.Split(','))
            : ProcessGroup.Run(group => OnRank(group, given.GetValue(ranks)!, given.GetValue(parameters)!, given.GetValue(rounds),
                given.GetValue(json))));
        return command;
    }

    private static int Simulate(string[] models)
    {
        if (Array.Find(models, model => !Simulation.Has(model)) is { } unknown)
            throw new UserException($"--simulate {unknown}: of {Simulation.Names}.", UserException.Usage);
        foreach (var model in models) Console.Write(Simulation.Page(model));
        return 0;
    }

    private static void OnRank(IProcessGroup group, string ranks, string set, int rounds, string? path)
    {
        try
        {
            if (group.Rank > 0) Console.SetOut(TextWriter.Null);
            if (rounds < 1) throw new UserException($"--rounds {rounds}: must be 1 or more.", UserException.Usage);
            Measure(group, Sizes(ranks, group.Size), set, rounds, path);
        }
        catch (UserException e) when (group.Size > 1)
        {
            group.Abort(e.Message);
        }
    }

    private static int[] Sizes(string ranks, int size)
    {
        int[] sizes = [.. ranks.Split(',').Select(text => int.TryParse(text, out var number) ? number : 0).Distinct().Order()];
        return sizes[^1] == size && sizes.All(number => number == 1 || number == size)
            ? sizes
            : throw new UserException($"--ranks {ranks}: 1, another number, or both; ./run bench starts as many.", UserException.Usage);
    }

    private static void Measure(IProcessGroup group, int[] sizes, string set, int rounds, string? path)
    {
        var parameters = ParameterSet.Make(set, Gradients.Gaussian, CPU);
        var rows = new ScaleRun(group, sizes, parameters).Measure(rounds);
        if (group.Rank > 0) return;
        Console.WriteLine(Machine.Describe());
        Console.WriteLine(FormattableString.Invariant(
            $"\nA step over {set} ({parameters.Sum(p => p.numel()) / 1e6:0.0} M parameters), medians of {rounds}; seconds and MB:\n"));
        Console.WriteLine("| ranks | optimizer | step: slowest rank, mean, predicted | of it in calls | reduce, predicted | sent by a rank "
            + "| state of a rank |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var row in rows)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {row.Ranks} | {row.Optimizer} | {row.StepMax:0.000}, {row.StepMean:0.000}, {row.PredictedStep:0.000} "
                + $"| {row.Gather:0.000} | {row.Reduce:0.000}, {row.PredictedReduce:0.000} "
                + $"| {row.BytesSent / 1e6:0.0} | {row.StateBytes / 1e6:0.0} |"));
        if (path is not null)
        {
            var results = new { machine = Machine.Describe(), @params = set, rounds, rows };
            ResultFile.Write(path, results);
        }
    }
}
