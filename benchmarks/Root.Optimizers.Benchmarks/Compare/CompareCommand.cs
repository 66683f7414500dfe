using System.CommandLine;
using System.Globalization;
using System.Text;
using CharGpt;
using Shared;

namespace Root.Optimizers.Benchmarks.Compare;

/// <summary>
/// ./run bench compare: the same training by several optimizers, each at the best of as many learning rates, over
/// several seeds.
/// </summary>
internal static class CompareCommand
{
    private const int EvalEvery = 10;

    /// <summary>The seed of the sweep; reported are others.</summary>
    private const int SweepSeed = 1000;

    public static Command Create()
    {
        var seeds = new Option<int>("--seeds") { Description = "seeds 1 to this", DefaultValueFactory = _ => 3 };
        var steps = new Option<int>("--steps") { Description = "training steps", DefaultValueFactory = _ => 200 };
        var optimizers = new Option<string>("--optimizers")
        {
            Description = $"comma-separated, of {string.Join(", ", OptimizerFactory.Names)}",
            DefaultValueFactory = _ => "adamw,muon,root",
        };
        var rates = new Option<string>("--rates")
        {
            Description = "learning rates to try, as comma-separated factors of CharGpt's",
            DefaultValueFactory = _ => "0.5,1,2",
        };
        var results = new Option<string?>("--out") { Description = "folder for compare.md and compare.svg" };
        var json = new Option<string?>("--json") { Description = "file for the figures" };
        var command = new Command("compare", "Trains CharGpt with each optimizer at the best of as many learning rates, over seeds.")
            { seeds, steps, optimizers, rates, results, json };
        command.SetAction(given => Run(given.GetValue(seeds), given.GetValue(steps),
            Names(given.GetValue(optimizers)!), Factors(given.GetValue(rates)!), given.GetValue(results), given.GetValue(json)));
        return command;
    }

    private static string[] Names(string text)
    {
        var names = text.Split(',').Distinct().ToArray();
        return Array.Find(names, name => !OptimizerFactory.Names.Contains(name)) is not { } unknown
            ? names
            : throw new UserException($"--optimizers {unknown}: of {string.Join(", ", OptimizerFactory.Names)}.", UserException.Usage);
    }

    private static double[] Factors(string text) => text.Split(',').Select(part =>
        double.TryParse(part, CultureInfo.InvariantCulture, out var factor) && factor > 0 && double.IsFinite(factor)
            ? factor
            : throw new UserException($"--rates {text}: comma-separated factors above 0.", UserException.Usage)).ToArray();

    private static int Run(int seeds, int steps, string[] names, double[] factors, string? results, string? json)
    {
        if (seeds < 1) throw new UserException($"--seeds {seeds}: must be 1 or more.", UserException.Usage);
        var contenders = names.Select(Contender.Named).ToArray();
        void Save(IReadOnlyList<Outcome> sweep, IReadOnlyList<Outcome> outcomes) => Figures.SaveJson(json, new
        {
            machine = Machine.Describe(), steps, sweep = sweep.Select(o => Figures.Json(o)),
            results = outcomes.Select(o => Figures.Json(o)),
        });
        var sweep = Training.Run(
            [.. contenders.SelectMany(c => factors.Select(f => new Job(c with { LearningRate = c.LearningRate * f }, SweepSeed)))],
            steps, EvalEvery, done => Save(done, []));
        var best = sweep.GroupBy(o => o.Contender.Name)
            .Select(tried => tried.MinBy(o => double.IsNaN(o.ValLoss) ? double.PositiveInfinity : o.ValLoss)!.Contender).ToArray();
        var outcomes = Training.Run(
            [.. Enumerable.Range(1, seeds).SelectMany(seed => best.Select(c => new Job(c, seed)))],
            steps, EvalEvery, done => Save(sweep, done));

        var page = Page(best, sweep, outcomes, steps);
        Console.WriteLine(page);
        if (results is not null)
        {
            var plot = new LinePlot("CharGpt on Moby-Dick, mean over seeds", "step", "validation loss (nats per byte)");
            foreach (var c in best) plot.Add(c.Name, Figures.Curve(outcomes.Where(o => o.Contender.Name == c.Name)));
            Figures.Save(results, "compare", page, plot);
        }
        return 0;
    }

    private static string Page(Contender[] best, List<Outcome> sweep, List<Outcome> outcomes, int steps)
    {
        var target = best.Any(c => c.Name == "adamw")
            ? Figures.Curve(outcomes.Where(o => o.Contender.Name == "adamw")).LastOrDefault((0, double.NaN)).loss : double.NaN;
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{steps} steps; {Machine.Describe()}.");
        text.AppendLine();
        text.AppendLine("| optimizer | learning rate | final validation loss | by seed | seconds per step "
            + "| steps to AdamW's final loss | seconds to it |");
        text.AppendLine("|---|---|---|---|---|---|---|");
        foreach (var c in best)
        {
            var own = outcomes.Where(o => o.Contender.Name == c.Name).OrderBy(o => o.Seed).ToArray();
            var seconds = Timing.Median(own.Select(o => o.SecondsPerStep));
            var reached = StepsTo(target, Figures.Curve(own).ToArray()) is { } step
                ? string.Create(CultureInfo.InvariantCulture, $"{step:0} | {step * seconds:0.0}")
                : "not reached |";
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {c.Name} | {c.LearningRate:g3} | "
                + $"{Figures.WithSpread([.. own.Select(o => o.ValLoss)])} | {seconds:0.000} | {reached} |");
        }
        text.AppendLine();
        text.AppendLine($"Learning rates were chosen by these validation losses, of seed {SweepSeed} and as many steps:");
        foreach (var tried in sweep.GroupBy(o => o.Contender.Name))
            text.AppendLine($"- {tried.Key}: " + string.Join("; ",
                tried.Select(o => string.Create(CultureInfo.InvariantCulture,
                    $"{o.Contender.LearningRate:g3} {Figures.Loss(o.ValLoss)}"))));
        return text.ToString();
    }

    /// <summary>Where a curve first comes down to a loss, between evaluations in a straight line; null where it does not.</summary>
    private static double? StepsTo(double loss, (double step, double loss)[] curve)
    {
        var i = Array.FindIndex(curve, point => point.loss <= loss);
        if (i <= 0) return i < 0 ? null : curve[0].step;
        var ((s0, l0), (s1, l1)) = (curve[i - 1], curve[i]);
        return s0 + (s1 - s0) * (l0 - loss) / (l0 - l1);
    }
}
