using System.Diagnostics;
using CharGpt;
using Root.Optimizers.Benchmarks.Compare;
using Shared;

namespace Root.Optimizers.Benchmarks.Race;

/// <summary>What an entry came to in a stage.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Rate">Its learning rate.</param>
/// <param name="Tried">The runs by which the rate was chosen.</param>
/// <param name="Runs">At full length, by seed.</param>
/// <param name="Shortened">With shortened schedules.</param>
internal sealed record RaceResult(RaceEntry Entry, double Rate, IReadOnlyList<RaceRun> Tried, IReadOnlyList<RaceRun> Runs,
    IReadOnlyList<RaceShare> Shortened)
{
    /// <summary>The losses less another's, paired; null where one has diverged.</summary>
    public PairedDifference? Less(RaceResult other) => Less(Runs, other);

    public static PairedDifference? Less(IReadOnlyList<RaceRun> runs, RaceResult other) =>
        runs.Concat(other.Runs).All(run => run.Loss is not null)
            ? PairedDifference.Of([.. runs.Zip(other.Runs, (own, its) => own.Loss!.Value - its.Loss!.Value)])
            : null;
}

/// <summary>Runs with a schedule of a share of the steps.</summary>
internal sealed record RaceShare(double Share, IReadOnlyList<RaceRun> Runs);

/// <summary>Runs the stages of a race.</summary>
/// <param name="log">What has been run, and where runs are written.</param>
/// <param name="setting">What is trained.</param>
/// <param name="limit">Of a stage: no run begins that would end later.</param>
internal sealed class RaceTrack(RaceLog log, RaceSetting setting, TimeSpan limit)
{
    private int _width;
    private long _started;
    private double _secondsPerStep;

    /// <summary>All entries of a stage.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="entries">With the rate that each begins at.</param>
    public List<RaceResult> Run(RaceStage stage, IEnumerable<(RaceEntry entry, double rate)> entries)
    {
        (_width, _started, _secondsPerStep) = (setting.Width * stage.WidthFactor, Stopwatch.GetTimestamp(), 0);
        var results = entries.Select(given =>
        {
            var (rate, tried) = stage.Trials > 0 ? Tune(given.entry, given.rate, stage) : (given.rate, []);
            return new RaceResult(given.entry, rate, tried, Runs(given.entry, rate, stage, stage.Steps), []);
        }).ToList();
        if (!stage.Shortens) return results;
        var reference = results.Single(result => result.Entry.Name == RaceEntry.Reference);
        return results.ConvertAll(result => result != reference && result.Less(reference) is { Mean: <= 0 }
            ? result with { Shortened = Shorten(result, reference, stage) }
            : result);
    }

    /// <summary>Walks to lower loss along powers of a factor, from a rate on: up first, and down where that is worse.</summary>
    private (double rate, IReadOnlyList<RaceRun> tried) Tune(RaceEntry entry, double start, RaceStage stage)
    {
        var tried = new Dictionary<int, RaceRun>();
        int? next = 0;
        while (next is { } place && tried.Count < stage.Trials)
        {
            tried[place] = Run(entry, start * Math.Pow(RaceRules.RateFactor, place), RaceRules.TuningSeed, stage.Steps);
            var best = tried.MinBy(run => run.Value.Score).Key;
            next = !tried.ContainsKey(best + 1) ? best + 1 : !tried.ContainsKey(best - 1) ? best - 1 : null;
        }
        return (tried.Values.MinBy(run => run.Score)!.Key.Rate, [.. tried.Values.OrderBy(run => run.Key.Rate)]);
    }

    private List<RaceShare> Shorten(RaceResult winner, RaceResult reference, RaceStage stage)
    {
        var shares = new List<RaceShare>();
        foreach (var share in RaceRules.Shares)
        {
            shares.Add(new(share, Runs(winner.Entry, winner.Rate, stage, (int)Math.Round(share * stage.Steps))));
            if (RaceResult.Less(shares[^1].Runs, reference) is not { Mean: <= 0 }) break;
        }
        return shares;
    }

    private List<RaceRun> Runs(RaceEntry entry, double rate, RaceStage stage, int steps) =>
        [.. stage.SeedNumbers.Select(seed => Run(entry, rate, seed, steps))];

    private RaceRun Run(RaceEntry entry, double rate, int seed, int steps)
    {
        var key = new RaceKey(setting with { Width = _width }, entry.Name, steps, rate, seed);
        if (log.Find(key) is { } known) return known;
        var expected = Stopwatch.GetElapsedTime(_started) + TimeSpan.FromSeconds(_secondsPerStep * steps);
        if (expected > limit)
            throw new UserException(FormattableString.Invariant($"A stage has {limit.TotalMinutes:0} minutes, and the next run would end ")
                + "later. What has been run is kept: --resume goes on.");
        var started = Stopwatch.GetTimestamp();
        var options = new TrainOptions
        {
            Model = new() { Layers = setting.Layers, Width = _width, Heads = _width / HeadWidth },
            Steps = steps, Warmup = entry.Warmup, EvalEvery = Math.Max(1, steps / 6),
        };
        var job = new Job(entry.Contender with { LearningRate = rate }, seed,
            setting.Noise ? OutliersCommand.Noise(seed, share: 1e-3, factor: 100) : null);
        var outcome = Training.Train(job, options, Devices.Parse(setting.Device), () => { });
        var run = new RaceRun(key, Finite(outcome.ValLoss), Finite(outcome.SecondsPerStep),
            [.. outcome.History.Where(m => m.ValLoss is not null).Select(m => new RacePoint(m.Step, m.ValLoss!.Value))],
            RaceLog.Version, Machine.Describe());
        log.Add(run);
        _secondsPerStep = Math.Max(_secondsPerStep, Stopwatch.GetElapsedTime(started).TotalSeconds / steps);
        Console.WriteLine(FormattableString.Invariant($"{entry.Name} lr {rate:g3} seed {seed}, {steps} steps: ")
            + FormattableString.Invariant($"{Figures.Loss(outcome.ValLoss)}, {outcome.SecondsPerStep:0.000} s a step"));
        return run;
    }

    /// <summary>Of CharGpt's default size.</summary>
    public const int HeadWidth = 32;

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
