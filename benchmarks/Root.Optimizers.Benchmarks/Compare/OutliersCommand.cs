using System.CommandLine;
using System.Globalization;
using System.Text;
using CharGpt;
using Shared;

namespace Root.Optimizers.Benchmarks.Compare;

/// <summary>
/// ./run bench outliers: training while a share of the gradient's entries is multiplied, with ROOT's outlier split and
/// without it, and over the quantile that it splits at.
/// </summary>
internal static class OutliersCommand
{
    private static readonly double[] Quantiles = [0.80, 0.85, 0.90, 0.95, 0.99, 1];

    /// <summary>For the size of the harm that the noise does.</summary>
    private static readonly string[] WithoutNoise = ["adamw", "muon", NameOf(0.90), NameOf(1)];

    private static string NameOf(double quantile) => quantile < 1
        ? string.Create(CultureInfo.InvariantCulture, $"root, quantile {quantile:0.00}")
        : "root, no split";

    public static Command Create()
    {
        var seeds = new Option<int>("--seeds") { Description = "seeds 1 to this", DefaultValueFactory = _ => 2 };
        var steps = new Option<int>("--steps") { Description = "training steps", DefaultValueFactory = _ => 150 };
        var share = new Option<double>("--share") { Description = "of the gradient's entries that are multiplied",
            DefaultValueFactory = _ => 1e-3 };
        var factor = new Option<double>("--factor") { Description = "what they are multiplied by", DefaultValueFactory = _ => 100 };
        var results = new Option<string?>("--out") { Description = "folder for outliers.md and outliers.svg" };
        var json = new Option<string?>("--json") { Description = "file for the figures" };
        var command = new Command("outliers", "Trains CharGpt with heavy-tailed gradient noise, with and without the outlier split.")
            { seeds, steps, share, factor, results, json };
        command.SetAction(given => Run(given.GetValue(seeds), given.GetValue(steps), given.GetValue(share),
            given.GetValue(factor), given.GetValue(results), given.GetValue(json)));
        return command;
    }

    private static int Run(int seeds, int steps, double share, double factor, string? results, string? json)
    {
        if (seeds < 1) throw new UserException($"--seeds {seeds}: must be 1 or more.", UserException.Usage);
        if (!(share > 0 && share < 1)) throw new UserException($"--share {share}: above 0 and below 1.", UserException.Usage);
        if (!double.IsFinite(factor)) throw new UserException($"--factor {factor}: a finite number.", UserException.Usage);
        Contender[] contenders =
        [
            Contender.Named("adamw"),
            Contender.Named("muon"),
            .. Quantiles.Select(q => Contender.Named("root") with
            {
                Name = NameOf(q),
                Create = (model, lr) => new RootOptimizer(model, lr, new() { outlier_quantile = q }),
            }),
        ];
        var jobs = Enumerable.Range(1, seeds).SelectMany(seed => contenders.Select(c => (c, seed))).ToArray();
        void Save(IReadOnlyList<Outcome> noisy, IReadOnlyList<Outcome> clean) => Figures.SaveJson(json, new
        {
            machine = Machine.Describe(), steps, share, factor,
            results = noisy.Select(o => Figures.Json(o, noise: true)).Concat(clean.Select(o => Figures.Json(o))),
        });
        Job Noisy(Contender c, int seed) => new(c, seed, model => GradientNoise.Over(model, seed, share, factor));
        var noisy = Training.Run([.. jobs.Select(j => Noisy(j.c, j.seed))], steps,
            evalEvery: Math.Max(1, steps / 5), done => Save(done, []));
        var clean = Training.Run([.. jobs.Where(j => WithoutNoise.Contains(j.c.Name)).Select(j => new Job(j.c, j.seed))], steps,
            evalEvery: steps, done => Save(noisy, done));

        var page = Page(contenders, clean, noisy, steps, share, factor);
        Console.WriteLine(page);
        if (results is not null)
        {
            var plot = new LinePlot("CharGpt with gradient noise, mean over seeds", "step", "validation loss (nats per byte)");
            foreach (var c in contenders) plot.Add(c.Name, Figures.Curve(noisy.Where(o => o.Contender.Name == c.Name)));
            Figures.Save(results, "outliers", page, plot);
        }
        return 0;
    }

    private static string Page(Contender[] contenders, List<Outcome> clean, List<Outcome> noisy, int steps, double share,
        double factor)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{steps} steps at CharGpt's learning rates. Noise: {share} of the entries "
            + $"of every gradient, at random, times {factor}. {Machine.Describe()}.");
        text.AppendLine();
        text.AppendLine("| optimizer | validation loss with noise | by seed | without noise | by seed |");
        text.AppendLine("|---|---|---|---|---|");
        foreach (var c in contenders)
        {
            string Of(List<Outcome> outcomes) =>
                outcomes.Where(o => o.Contender.Name == c.Name).Select(o => o.ValLoss).ToArray() is { Length: > 0 } losses
                    ? Figures.WithSpread(losses)
                    : " | ";
            text.AppendLine($"| {c.Name} | {Of(noisy)} | {Of(clean)} |");
        }
        return text.ToString();
    }
}
