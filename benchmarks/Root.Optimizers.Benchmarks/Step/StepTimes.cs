using System.Globalization;
using System.Text;
using Root.Optimizers.AdaNewton;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Step;

/// <summary>What a step of each contender takes.</summary>
/// <param name="Seconds">The median of the steps that refit nothing, by name.</param>
/// <param name="RefitSeconds">What a step of root that refits takes more; null where too few steps were timed for one.</param>
/// <param name="Ratios">Of these seconds, under "name/of".</param>
internal sealed record StepTimes(Dictionary<string, double> Seconds, double? RefitSeconds, Dictionary<string, double> Ratios)
{
    /// <summary>A run over which refits are averaged.</summary>
    private const int LongRun = 1000;

    /// <summary>That are not counted.</summary>
    private const int FirstSteps = 2;

    /// <summary>How many steps each takes: those that refit, every fourth of the first ones, are counted apart, and it goes on until
    /// there are enough others.</summary>
    public static int Steps(int rounds)
    {
        var steps = FirstSteps;
        for (var counted = 0; counted < rounds;)
            if (!RefitSchedule.IsDue(++steps)) counted++;
        return steps;
    }

    /// <summary>All take their steps in turn.</summary>
    /// <param name="contenders">What is timed.</param>
    /// <param name="rounds">How many steps of each are to be counted.</param>
    /// <param name="device">Where their parameters are.</param>
    /// <param name="stepped">Called when all have taken a step.</param>
    public static StepTimes Measure(Contenders contenders, int rounds, Device device, Action stepped)
    {
        var (plain, refits) = (Empty(), Empty());
        var steps = Steps(rounds);
        for (var step = 1; step <= steps; step++, stepped())
            foreach (var contender in contenders.All)
            {
                var took = Timing.Seconds(contender.Step, device);
                if (step > FirstSteps) (contender.Learns && RefitSchedule.IsDue(step) ? refits : plain)[contender.Name].Add(took);
            }
        var seconds = plain.ToDictionary(c => c.Key, c => Timing.Median(c.Value));
        double? refit = refits["root"].Count == 0 ? null : Timing.Median(refits["root"]) - seconds["root"];
        return new(seconds, refit, Compare(seconds, refit));

        Dictionary<string, List<double>> Empty() => contenders.All.ToDictionary(c => c.Name, _ => new List<double>());
    }

    /// <summary>The table, and below it what a refit takes and what was learned.</summary>
    public string Page(Contenders contenders, Machine machine)
    {
        var text = new StringBuilder();
        text.AppendLine("| optimizer | seconds | of plain Muon in bfloat16 | of ROOT's reference | "
            + "GFLOP of its products | share of the product rate |");
        text.AppendLine("|---|---|---|---|---|---|");
        foreach (var c in contenders.All)
        {
            var (gflop, seconds) = (c.Gflop(), Seconds[c.Name]);
            var share = gflop == 0 ? "" : (gflop / seconds / machine.Gflops(c.Type)).ToString("0.00", CultureInfo.InvariantCulture);
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {c.Name} | {seconds:0.0000} | {seconds / Seconds[Contenders.Baseline]:0.000} "
                + $"| {seconds / Seconds[Contenders.Reference]:0.000} | {gflop:0} | {share} |");
        }
        text.AppendLine().AppendLine($"root learned schedules for singular values from l on: {string.Join(", ", contenders.Learned)}.");
        if (RefitSeconds is { } refit)
            text.AppendLine(CultureInfo.InvariantCulture,
                $"A step of root that refits its coefficients takes {refit:0.000} s more; over {LongRun} steps a step takes "
                + $"{WithRefits(Seconds, refit):0.000} s on average.");
        return text.ToString();
    }

    private static Dictionary<string, double> Compare(Dictionary<string, double> seconds, double? refit)
    {
        var (baseline, reference) = (seconds[Contenders.Baseline], seconds[Contenders.Reference]);
        var ratios = new Dictionary<string, double>();
        foreach (var (name, took) in seconds)
        {
            if (name != Contenders.Baseline) ratios[$"{name}/{Contenders.Baseline}"] = took / baseline;
            if (name.StartsWith("root") && name != Contenders.Reference) ratios[$"{name}/{Contenders.Reference}"] = took / reference;
        }
        ratios["adamw_fallback/adamw"] = seconds["adamw_fallback"] / seconds["adamw"];
        if (refit is not null) ratios[$"root_mean_of_{LongRun}_steps/{Contenders.Baseline}"] = WithRefits(seconds, refit.Value) / baseline;
        return ratios;
    }

    private static double WithRefits(Dictionary<string, double> seconds, double refit) =>
        seconds["root"] + refit * RefitSchedule.Count(LongRun) / LongRun;
}
