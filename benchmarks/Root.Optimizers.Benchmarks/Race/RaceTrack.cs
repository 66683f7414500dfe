using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
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
    /// <summary>All runs.</summary>
    public IEnumerable<RaceRun> All => [.. Tried, .. Runs, .. Shortened.SelectMany(share => share.Runs)];

    /// <summary>The losses less another's, paired; null where one has diverged.</summary>
    public PairedDifference? Less(RaceResult other) => Less(Runs, other);

    public static PairedDifference? Less(IReadOnlyList<RaceRun> runs, RaceResult other) =>
        runs.Concat(other.Runs).All(run => run.Loss is not null)
            ? PairedDifference.Of([.. runs.Zip(other.Runs, (own, its) => own.Loss!.Value - its.Loss!.Value)])
            : null;
}

/// <summary>Runs with a schedule of a share of the steps.</summary>
internal sealed record RaceShare(double Share, IReadOnlyList<RaceRun> Runs);

/// <summary>Runs the stages of a race: with several workers, all at once that does not depend on one another.</summary>
/// <param name="log">What has been run, and where runs are written.</param>
/// <param name="setting">What is trained.</param>
/// <param name="limit">Of a stage: no run begins that would end later.</param>
/// <param name="workers">Each trains one run at a time.</param>
internal sealed class RaceTrack(RaceLog log, RaceSetting setting, TimeSpan limit, IEnumerable<Func<RaceKey, Task<RaceRun>>> workers)
{
    private readonly Channel<Func<RaceKey, Task<RaceRun>>> _idle = Filled(workers);
    private readonly ConcurrentDictionary<RaceKey, Lazy<Task<RaceRun>>> _begun = [];
    private readonly Lock _timing = new();
    private int _width;
    private long _started;
    private double _secondsPerStep;

    /// <summary>All entries of a stage.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="entries">With the rate that each begins at.</param>
    public List<RaceResult> Run(RaceStage stage, IEnumerable<(RaceEntry entry, double rate)> entries)
    {
        (_width, _started, _secondsPerStep) = (setting.Width * stage.WidthFactor, Stopwatch.GetTimestamp(), 0);
        try
        {
            var results = All(entries.Select(given => Enter(given.entry, given.rate, stage))).GetAwaiter().GetResult();
            if (!stage.Shortens) return results;
            var reference = results.Single(result => result.Entry.Name == RaceEntry.Reference);
            return All(results.Select(result => Shorten(result, reference, stage))).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            throw new UserException(FormattableString.Invariant($"A stage has {limit.TotalMinutes:0.##} minutes, and the next run ")
                + "would end later. What has been run is kept: --resume goes on.");
        }
    }

    /// <summary>An entry at full length.</summary>
    private async Task<RaceResult> Enter(RaceEntry entry, double start, RaceStage stage)
    {
        var (rate, tried) = stage.Trials > 0 ? await Tune(entry, start, stage) : (start, []);
        return new(entry, rate, tried, await Runs(entry, rate, stage, stage.Steps), []);
    }

    /// <summary>Walks to lower loss along powers of a factor, from a rate on: up first, and down where that is worse.</summary>
    private async Task<(double rate, IReadOnlyList<RaceRun> tried)> Tune(RaceEntry entry, double start, RaceStage stage)
    {
        var tried = new Dictionary<int, RaceRun>();
        int? next = 0;
        while (next is { } place && tried.Count < stage.Trials)
        {
            tried[place] = await Run(entry, start * Math.Pow(RaceRules.RateFactor, place), RaceRules.TuningSeed, stage.Steps);
            var best = tried.MinBy(run => run.Value.Score).Key;
            next = !tried.ContainsKey(best + 1) ? best + 1 : !tried.ContainsKey(best - 1) ? best - 1 : null;
        }
        return (tried.Values.MinBy(run => run.Score)!.Key.Rate, [.. tried.Values.OrderBy(run => run.Key.Rate)]);
    }

    /// <summary>Of a winner, with shortened schedules.</summary>
    private async Task<RaceResult> Shorten(RaceResult result, RaceResult reference, RaceStage stage)
    {
        if (result == reference || result.Less(reference) is not { Mean: <= 0 }) return result;
        var shares = new List<RaceShare>();
        foreach (var share in RaceRules.Shares)
        {
            shares.Add(new(share, await Runs(result.Entry, result.Rate, stage, (int)Math.Round(share * stage.Steps))));
            if (RaceResult.Less(shares[^1].Runs, reference) is not { Mean: <= 0 }) break;
        }
        return result with { Shortened = shares };
    }

    private Task<List<RaceRun>> Runs(RaceEntry entry, double rate, RaceStage stage, int steps) =>
        All(stage.SeedNumbers.Select(seed => Run(entry, rate, seed, steps)));

    private Task<RaceRun> Run(RaceEntry entry, double rate, int seed, int steps)
    {
        var key = new RaceKey(setting with { Width = _width }, entry.Name, steps, rate, seed);
        return log.Find(key) is { } known ? Task.FromResult(known) : _begun.GetOrAdd(key, k => new(() => Train(k))).Value;
    }

    /// <summary>A run by the next worker that is idle. Canceled where it would end too late.</summary>
    private async Task<RaceRun> Train(RaceKey key)
    {
        var worker = await _idle.Reader.ReadAsync();
        var started = Stopwatch.GetTimestamp();
        double secondsPerStep;
        lock (_timing) secondsPerStep = _secondsPerStep;
        if (Stopwatch.GetElapsedTime(_started) + TimeSpan.FromSeconds(secondsPerStep * key.Steps) > limit)
        {
            _idle.Writer.TryWrite(worker);
            throw new OperationCanceledException();
        }
        var run = await worker(key);
        log.Add(run);
        lock (_timing) _secondsPerStep = Math.Max(_secondsPerStep, Stopwatch.GetElapsedTime(started).TotalSeconds / key.Steps);
        _idle.Writer.TryWrite(worker);
        // How many runs there will be is decided as they end: what is known of the time left is the stage's limit.
        var left = Math.Max(0, (limit - Stopwatch.GetElapsedTime(_started)).TotalMinutes);
        Console.Error.WriteLine(FormattableString.Invariant(
            $"{key}: {Figures.Loss(run.Score)}, {run.SecondsPerStep:0.000} s a step; the stage has at most {left:0} minutes left"));
        return run;
    }

    /// <summary>The results of all, in their order. An error ends it at once; where the time has run out, what has begun ends
    /// first.</summary>
    private static async Task<List<T>> All<T>(IEnumerable<Task<T>> tasks)
    {
        var begun = new List<Task<T>>();
        foreach (var task in tasks)
        {
            begun.Add(task);
            // With one worker, which trains here, each has ended when the next would begin.
            if (task.IsFaulted || task.IsCanceled) break;
        }
        await foreach (var task in Task.WhenEach(begun))
            if (task.IsFaulted) await task;
        return [.. await Task.WhenAll(begun)];
    }

    private static Channel<T> Filled<T>(IEnumerable<T> items)
    {
        var channel = Channel.CreateUnbounded<T>();
        foreach (var item in items) channel.Writer.TryWrite(item);
        return channel;
    }
}
