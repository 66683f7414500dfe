using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Root.Optimizers.AdaNewton;
using Shared;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Coefficients;

/// <summary>./run bench learning: what learning the coefficients costs, as a share of the optimizer's time.</summary>
internal static class LearningCommand
{
    public static Command Create()
    {
        var width = new Option<long>("--width") { Description = "of a transformer", DefaultValueFactory = _ => 192 };
        var layers = new Option<int>("--layers") { Description = "of the transformer", DefaultValueFactory = _ => 4 };
        var json = new Option<string?>("--json") { Description = "file for the figures" };
        var command = new Command("learning", "The cost of learning coefficients, as a share of the optimizer's time.")
            { width, layers, json };
        command.SetAction(given => Run(given.GetValue(width), given.GetValue(layers), given.GetValue(json)));
        return command;
    }

    private static int Run(long width, int layers, string? path)
    {
        manual_seed(1);
        var parameters = Enumerable.Range(0, layers)
            .SelectMany(_ => new[] { (3 * width, width), (width, width), (4 * width, width), (width, 4 * width) })
            .Select(shape => new Parameter(randn(shape.Item1, shape.Item2)))
            .ToArray();
        foreach (var parameter in parameters) parameter.grad = randn(parameter.shape);
        using var optimizer = new RootOptimizer(parameters, new RootOptimizer.Options { learn_coefficients = false, ns_steps = 3 });
        var step = Median(15, () => optimizer.step());
        // One matrix of each shape at a time; wide and tall take turns.
        var table = new CoefficientTable();
        var refit = parameters.Take(3).Sum(p => Median(7, () => table.Learn(p.grad!, 3, 1)));

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{layers} layers of width {width}, {get_num_threads()} threads: a step {1e3 * step:0.0} ms, "
            + $"a refit of every shape {1e3 * refit:0.0} ms\n"));
        Console.WriteLine("| over steps | refits | share of the optimizer's time |");
        Console.WriteLine("|---|---|---|");
        foreach (var steps in new[] { 100, 300, 1_000, 10_000 })
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {steps:N0} | {RefitSchedule.Count(steps)} | {100 * RefitSchedule.Count(steps) * refit / (steps * step):0.00} % |"));
        if (path is not null)
            ResultFile.Write(path, new { machine = Machine.Describe(), width, layers, step_seconds = step, refit_seconds = refit });
        return 0;
    }

    private static double Median(int count, Action action)
    {
        action();
        var times = Enumerable.Range(0, count).Select(_ =>
        {
            var start = Stopwatch.GetTimestamp();
            action();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }).Order().ToArray();
        return times[count / 2];
    }
}
