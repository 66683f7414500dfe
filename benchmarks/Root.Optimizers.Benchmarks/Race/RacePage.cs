using System.Globalization;
using System.Text;
using Root.Optimizers.Benchmarks.Compare;
using Shared;

namespace Root.Optimizers.Benchmarks.Race;

/// <summary>A race's results as a page and a figure.</summary>
internal static class RacePage
{
    public static string Text(IReadOnlyList<(RaceStage stage, RaceSetting setting, List<RaceResult> results)> stages)
    {
        var runs = stages.SelectMany(stage => stage.results).SelectMany(result => result.All).ToArray();
        var text = new StringBuilder("# The race\n\n");
        text.AppendLine($"`./run bench race`; {string.Join(" and ", runs.Select(run => run.Version).Distinct())}; "
            + $"{Machines(runs)}.").AppendLine();
        text.AppendLine("## Rules").AppendLine().AppendLine(RaceRules.Text);
        foreach (var (stage, setting, results) in stages) Append(text, stage, setting, results);
        return text.ToString();
    }

    /// <summary>On which the runs were made.</summary>
    public static string Machines(IEnumerable<RaceRun> runs) => string.Join("; ", runs.Select(run =>
        run.AtOnce > 1 ? $"{run.Machine}, {run.AtOnce} runs at once" : run.Machine).Distinct());

    private static void Append(StringBuilder text, RaceStage stage, RaceSetting setting, List<RaceResult> results)
    {
        var reference = results.Single(result => result.Entry.Name == RaceEntry.Reference);
        text.AppendLine().AppendLine($"## {char.ToUpperInvariant(stage.Name[0])}{stage.Name[1..]}").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Width {setting.Width}, {setting.Layers} layers, {stage.Steps} steps, seeds "
            + $"{string.Join(", ", stage.SeedNumbers)}, {setting.Device}{(setting.Noise ? ", with gradient noise" : "")}.").AppendLine();
        // Runs that share a machine begin and end apart, and each has another share of it.
        var isTimed = results.All(result => result.Runs.All(run => run.AtOnce == 1));
        string[] titles = ["entry", "", "rate", "loss", "by seed", "less Muon's", "standard error", "p",
            .. stage.Shortens ? ["of the steps"] : Array.Empty<string>(), .. isTimed ? ["time of a step"] : Array.Empty<string>()];
        text.AppendLine($"| {string.Join(" | ", titles)} |").AppendLine($"|{string.Concat(titles.Select(_ => "---|"))}");
        foreach (var result in results.OrderBy(result => result.Runs.Average(run => run.Score)))
        {
            var isReference = result == reference;
            text.Append(CultureInfo.InvariantCulture, $"| {result.Entry.Name} | {result.Entry.Meaning} | {Rate(result, stage)} | ");
            text.Append($"{Figures.WithSpread([.. result.Runs.Select(run => run.Score)])} | ");
            text.Append($"{(isReference ? " | | " : Cells(result.Less(reference)))} |");
            if (stage.Shortens) text.Append($" {(isReference ? "1" : Shares(result, reference))} |");
            if (isTimed) text.Append(CultureInfo.InvariantCulture, $" {Seconds(result) / Seconds(reference):0.00} |");
            text.AppendLine();
        }
        if (stage.Trials == 0) return;
        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"Rates were chosen by the losses of seed {RaceRules.TuningSeed}:");
        foreach (var result in results)
            text.AppendLine($"- {result.Entry.Name}: " + string.Join("; ", result.Tried.Select(run =>
                string.Create(CultureInfo.InvariantCulture, $"{run.Key.Rate:g3} {Figures.Loss(run.Score)}"))));
    }

    /// <summary>With a sign where the best of those tried is at their edge.</summary>
    private static string Rate(RaceResult result, RaceStage stage)
    {
        var rate = result.Rate.ToString("g3", CultureInfo.InvariantCulture);
        return stage.Trials > 0 && (result.Tried[0].Key.Rate == result.Rate || result.Tried[^1].Key.Rate == result.Rate)
            ? rate + ", at the edge" : rate;
    }

    private static string Cells(PairedDifference? difference) => difference is null ? "diverged | | " : string.Create(
        CultureInfo.InvariantCulture, $"{difference.Mean:+0.0000;-0.0000} | {difference.StandardError:0.0000} | {P(difference)}");

    private static string P(PairedDifference difference) => difference.PValue.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>What each share came to.</summary>
    private static string Shares(RaceResult result, RaceResult reference) => string.Join("; ", result.Shortened.Select(share =>
        RaceResult.Less(share.Runs, reference) is { } less
            ? string.Create(CultureInfo.InvariantCulture, $"{share.Share:0.00}: {less.Mean:+0.0000;-0.0000} (p {P(less)})")
            : string.Create(CultureInfo.InvariantCulture, $"{share.Share:0.00}: diverged")));

    private static double Seconds(RaceResult result) => Timing.Median(result.Runs.Select(run => run.SecondsPerStep ?? double.NaN));

    /// <summary>The mean curves of a stage.</summary>
    public static LinePlot Plot(RaceStage stage, List<RaceResult> results)
    {
        var plot = new LinePlot($"CharGpt on Moby-Dick, {stage.Name}, mean over seeds", "step", "validation loss (nats per byte)");
        foreach (var result in results)
            plot.Add(result.Entry.Name, result.Runs.SelectMany(run => run.Validation).GroupBy(point => point.Step, point => point.Loss)
                .OrderBy(step => step.Key).Skip(1).Select(step => ((double)step.Key, step.Average())));
        return plot;
    }
}
