using System.Diagnostics;
using Root.Optimizers.Core.Ranks;
using Shared;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Scale;

/// <summary>Optimizers that train the same model, and take their steps in turn, on one rank and on all.</summary>
internal sealed class ScaleRun : IDisposable
{
    /// <summary>The first steps of each are not counted.</summary>
    private const int WarmUp = 1;

    private const string Strong = "strong", Weak = "weak";

    private readonly IProcessGroup _group;
    private readonly int _sequences;
    private readonly List<ScaleEntry> _entries = [];

    /// <param name="group">All ranks.</param>
    /// <param name="ranks">1, or as many as there are, or both.</param>
    /// <param name="work">Made alike on all ranks.</param>
    /// <param name="sequences">Of a step of one rank; the number of ranks divides it.</param>
    public ScaleRun(IProcessGroup group, int[] ranks, ScaleWork work, int sequences)
    {
        (_group, _sequences) = (group, sequences);
        foreach (var size in ranks)
        {
            foreach (var name in new[] { "adamw", "muon", "root" }) Add(name, Sharing.Replicated);
            if (size == 1) continue;
            Add("root", Sharing.Owned);
            Add("root", Sharing.OwnedGradients);

            void Add(string name, Sharing sharing) => _entries.Add(new(group, size, name, sharing, work));
        }
    }

    /// <summary>Seconds that a small call between the ranks takes.</summary>
    public double Latency { get; private set; }

    /// <summary>That a rank sends in a large one.</summary>
    public double BytesPerSecond { get; private set; } = double.PositiveInfinity;

    /// <summary>That were counted.</summary>
    public int Rounds { get; private set; }

    /// <summary>Measures; every rank calls it.</summary>
    /// <param name="rounds">At the most.</param>
    /// <param name="limit">When it is over no further round begins, but for the first that counts.</param>
    /// <param name="stop">Cancelled where the user wants none; rank 0's decides, since ranks wait for one another.</param>
    /// <returns>Null where it was stopped.</returns>
    public IReadOnlyList<ScaleRow>? Measure(int rounds, TimeSpan limit, CancellationToken stop)
    {
        var since = Stopwatch.StartNew();
        MeasureLink();
        for (var round = 0; round < WarmUp + rounds; round++, Rounds = round - WarmUp)
        {
            if (round > WarmUp && AgreeOn(since.Elapsed > limit)) break;
            foreach (var entry in _entries)
                foreach (var (_, sequences) in ScalingsOf(entry))
                {
                    if (AgreeOn(stop.IsCancellationRequested)) return null;
                    // Not counted: it fetches what the steps of the others have put out of the caches, which in a training nobody does.
                    entry.Step(sequences, isCounted: false);
                    _group.Barrier();
                    entry.Step(sequences, isCounted: round >= WarmUp);
                }
            if (_group.Rank == 0)
                Console.Error.WriteLine(ProgressDisplay.Line("round", round + 1, WarmUp + rounds, since.Elapsed)
                    + FormattableString.Invariant($", no round begins after {limit.TotalMinutes:0.#} minutes"));
        }
        if (AgreeOn(stop.IsCancellationRequested)) return null;
        var rows = _entries.SelectMany(entry => ScalingsOf(entry).Select(its => entry.Row(_group, its.sequences, its.name))).ToArray();
        return [.. rows.Select(row => row with { Predicted = Predict(row, rows), OfReplicated = Compare(row, rows) })];

        bool AgreeOn(bool own)
        {
            using var agreed = tensor(own);
            _group.Broadcast(agreed, root: 0);
            return agreed.item<bool>();
        }
    }

    /// <summary>What one rank has in a step; on one rank alone both are the same.</summary>
    private IEnumerable<(string name, int sequences)> ScalingsOf(ScaleEntry entry) =>
        entry.Ranks == 1 ? [("", _sequences)] : [(Strong, _sequences / entry.Ranks), (Weak, _sequences)];

    /// <summary>From the optimizer on one rank.</summary>
    private ScaleSeconds? Predict(ScaleRow row, ScaleRow[] rows)
    {
        if (Array.Find(rows, its => its.Ranks == 1 && its.Optimizer == row.Optimizer) is not { } alone) return null;
        // Forward and backward are the same under all of them.
        var training = Timing.Median(rows.Where(its => its.Ranks == 1).Select(its => its.Seconds.Training))
            * row.Tokens / row.Ranks / alone.Tokens;
        if (row.Ranks == 1) return new(training, 0, alone.Step, 0);
        var plan = _entries.Select(entry => entry.Shared?.Shards?.Current).First(its => its is not null)!;
        var model = new ScaleModel("here", 1, BytesPerSecond, Latency, sizeof(float));
        var reduce = row.Sharing == Sharing.OwnedGradients ? model.ReduceToOwners(plan) : model.Reduce(plan);
        return row.Sharing == Sharing.Replicated
            ? new(training, reduce, alone.Step, 0)
            : new(training, reduce, alone.Step * plan.Costs.Max() / plan.Costs.Sum(), model.Gather(plan));
    }

    private static ScaleShare? Compare(ScaleRow row, ScaleRow[] rows)
    {
        if (row.Sharing == Sharing.Replicated) return null;
        var replicated = Array.Find(rows, its => its.Sharing == Sharing.Replicated
            && (its.Ranks, its.Optimizer, its.Scaling) == (row.Ranks, row.Optimizer, row.Scaling))!;
        return new(row.Step / replicated.Step, row.StateBytes / replicated.StateBytes);
    }

    /// <summary>From sums over all ranks, of one number and of many.</summary>
    private void MeasureLink()
    {
        if (_group.Size == 1) return;
        const int entries = 1 << 22;
        Latency = Median(1);
        BytesPerSecond = 2 * (_group.Size - 1.0) / _group.Size * entries * sizeof(float) / Math.Max(1e-9, Median(entries) - Latency);

        double Median(int count)
        {
            using var x = zeros(count);
            return Timing.Median([.. Enumerable.Range(0, 9).Select(_ => Timing.Seconds(() => _group.AllReduce(x), CPU))]);
        }
    }

    public void Dispose()
    {
        foreach (var entry in _entries) entry.Dispose();
    }
}
