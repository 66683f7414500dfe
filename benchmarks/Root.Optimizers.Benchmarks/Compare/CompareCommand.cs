using System.CommandLine;
using System.Globalization;
using System.Text;
using CharGpt;
using Spectre.Console;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Compare;

/// <summary>
/// ./run bench compare: the same training by several optimizers, over several seeds.
/// </summary>
internal static class CompareCommand
{
    /// <summary>Sequences of the final evaluation.</summary>
    private const int FinalSequences = 1024;

    private sealed record Outcome(string Optimizer, int Seed, double LearningRate, double ValLoss, double SecondsPerStep, IReadOnlyList<StepMetrics> History);

    public static Command Create()
    {
        var seeds = new Option<int>("--seeds") { Description = "seeds 1 to this", DefaultValueFactory = _ => 3 };
        var steps = new Option<int>("--steps") { Description = "training steps", DefaultValueFactory = _ => 300 };
        var optimizers = new Option<string>("--optimizers")
        {
            Description = $"comma-separated, of {string.Join(", ", OptimizerFactory.Names)}",
            DefaultValueFactory = _ => "root,root-published",
        };
        var results = new Option<string?>("--out") { Description = "folder for compare.md and compare.svg" };
        var command = new Command("compare", "Trains CharGpt with each optimizer, at the learning rate that CharGpt gives it.")
            { seeds, steps, optimizers, results };
        command.SetAction(given => Run(given.GetValue(seeds), given.GetValue(steps), given.GetValue(optimizers)!.Split(','), given.GetValue(results)));
        return command;
    }

    private static int Run(int seeds, int steps, string[] optimizers, string? results)
    {
        var text = Dataset.Read(Dataset.MobyDick.Name);
        var runs = Enumerable.Range(1, seeds).SelectMany(seed => optimizers.Select(optimizer => OptimizerFactory.WithDefaults(
            new TrainOptions { Optimizer = optimizer, Seed = seed, Steps = steps }).Validated())).ToArray();
        var outcomes = new List<Outcome>();
        AnsiConsole.Progress().Start(progress =>
        {
            var task = progress.AddTask("training", maxValue: runs.Length * steps);
            foreach (var options in runs) outcomes.Add(Train(options, text, () => task.Increment(1)));
        });

        var table = Table(optimizers, outcomes);
        Console.WriteLine(table);
        if (results is null) return 0;
        Directory.CreateDirectory(results);
        File.WriteAllText(Path.Combine(results, "compare.md"), table);
        Plot(optimizers, outcomes).Save(Path.Combine(results, "compare.svg"));
        return 0;
    }

    private static Outcome Train(TrainOptions options, byte[] text, Action step)
    {
        manual_seed(options.Seed);
        using var model = new Gpt(options.Model);
        using var optimizer = OptimizerFactory.Make(model, options);
        var corpus = new TextCorpus(text, options.Model.Context);
        var trainer = new Trainer(model, optimizer, corpus, options, CPU);
        var history = new List<StepMetrics>();
        trainer.Run(metrics =>
        {
            history.Add(metrics);
            step();
        });
        var loss = CharGpt.Evaluation.Loss(model, corpus, Part.HeldOut, FinalSequences, options.Batch, CPU);
        // The median: another process that takes the cores for a while does not count.
        var seconds = history.Skip(1).Zip(history, (later, earlier) => later.Seconds - earlier.Seconds).Order().ElementAt((history.Count - 1) / 2);
        return new(options.Optimizer, options.Seed, options.LearningRate!.Value, loss, seconds, history);
    }

    private static string Table(string[] optimizers, List<Outcome> outcomes)
    {
        var text = new StringBuilder("| optimizer | learning rate | validation loss, mean ± spread | by seed | seconds per step |\n|---|---|---|---|---|\n");
        foreach (var optimizer in optimizers)
        {
            var own = outcomes.Where(o => o.Optimizer == optimizer).OrderBy(o => o.Seed).ToArray();
            var losses = own.Select(o => o.ValLoss).ToArray();
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {optimizer} | {own[0].LearningRate} | {losses.Average():0.0000} ± {(losses.Max() - losses.Min()) / 2:0.0000} | {string.Join(", ", losses.Select(l => l.ToString("0.0000", CultureInfo.InvariantCulture)))} | {own.Select(o => o.SecondsPerStep).Order().ElementAt(own.Length / 2):0.000} |");
        }
        return text.ToString();
    }

    /// <summary>Validation loss over the steps, the mean over the seeds.</summary>
    private static LinePlot Plot(string[] optimizers, List<Outcome> outcomes)
    {
        var plot = new LinePlot("CharGpt on Moby-Dick", "step", "validation loss (nats per byte)");
        foreach (var optimizer in optimizers)
            plot.Add(optimizer, outcomes.Where(o => o.Optimizer == optimizer)
                .SelectMany(o => o.History.Where(m => m.ValLoss is not null))
                .GroupBy(m => m.Step, m => m.ValLoss!.Value)
                .OrderBy(step => step.Key)
                .Select(step => ((double)step.Key, step.Average())), markers: true);
        return plot;
    }
}
