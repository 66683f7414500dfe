using Root.Optimizers.Benchmarks.Step;
using Root.Optimizers.Core.Ranks;
using Root.Optimizers.Distributed;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Scale;

/// <summary>A line of the result: medians over the rounds, of an optimizer on some ranks.</summary>
/// <param name="Ranks">How many.</param>
/// <param name="Optimizer">Replicated: each rank does all; owned: they share its work and state.</param>
/// <param name="StepMax">Seconds of its step, of the slowest rank.</param>
/// <param name="StepMean">Of the mean rank.</param>
/// <param name="Reduce">Seconds in which gradients are averaged.</param>
/// <param name="Gather">Seconds of the step in calls of the group, of the mean rank; waiting for the slowest is in them.</param>
/// <param name="BytesSent">By a rank for a step, counted as a ring sends them.</param>
/// <param name="StateBytes">Of the rank that has the most.</param>
/// <param name="PredictedStep">The model's, from the step on one rank; null where none was measured.</param>
/// <param name="PredictedReduce">Likewise.</param>
internal sealed record ScaleRow(int Ranks, string Optimizer, double StepMax, double StepMean, double Reduce, double Gather,
    double BytesSent, double StateBytes, double? PredictedStep, double? PredictedReduce);

/// <summary>Optimizers over the same parameters, which take their steps in turn, on one rank and on all.</summary>
internal sealed class ScaleRun
{
    private const string Owned = "RootOptimizer, owned", Replicated = "RootOptimizer, replicated";

    /// <summary>The first steps of each are not counted.</summary>
    private const int WarmUp = 2;

    private readonly IProcessGroup _group;
    private readonly List<Parameter> _parameters;
    private readonly List<Entry> _entries = [];

    /// <param name="group">All ranks.</param>
    /// <param name="ranks">1, or as many as there are, or both.</param>
    /// <param name="parameters">Made alike on all ranks, with gradients.</param>
    public ScaleRun(IProcessGroup group, int[] ranks, List<Parameter> parameters)
    {
        (_group, _parameters) = (group, parameters);
        foreach (var size in ranks)
        {
            Add(size, "AdamW, replicated", _ => optim.AdamW(parameters, 1e-3, weight_decay: 0.1));
            Add(size, "Muon, replicated", _ => new Muon(parameters));
            Add(size, Replicated, _ => new RootOptimizer(parameters));
            if (size > 1) Add(size, Owned, counting => new RootOptimizer(parameters, process_group: counting));
        }
    }

    /// <summary>One rank has no others to call.</summary>
    private void Add(int size, string name, Func<IProcessGroup?, OptimizerHelper> make)
    {
        var counting = size == 1 ? null : new CountingGroup(_group);
        _entries.Add(new(size, name, counting, size > _group.Rank ? make(counting) : null));
    }

    private sealed record Entry(int Ranks, string Name, CountingGroup? Group, OptimizerHelper? Optimizer)
    {
        public List<double> Reduce { get; } = [];

        public List<double> Step { get; } = [];

        public List<double> Gather { get; } = [];

        public double Sent { get; set; }

        public double StateBytes => Optimizer switch
        {
            null => 0,
            MatrixOptimizer matrices => matrices.Slots.SelectMany(slot => slot.Kept.Named).Sum(its => Bytes(its.tensor)),
            var adamw => adamw.state_dict().State.Cast<AdamW.State>().Sum(state => Bytes(state.exp_avg!) + Bytes(state.exp_avg_sq!)),
        };

        private static double Bytes(Tensor x) => (double)x.numel() * x.ElementSize;
    }

    /// <summary>Measures; every rank calls it.</summary>
    public IReadOnlyList<ScaleRow> Measure(int rounds)
    {
        var (latency, bandwidth) = Link();
        for (var round = 0; round < WarmUp + rounds; round++)
            foreach (var entry in _entries)
            {
                _group.Barrier();
                if (entry.Optimizer is not null) Step(entry, isCounted: round >= WarmUp);
            }
        var rows = _entries.Select(Row).ToArray();
        if (rows.FirstOrDefault(row => row is { Ranks: 1, Optimizer: Replicated }) is null) return rows;
        return [.. rows.Select(row =>
        {
            var plan = new ShardPlan([.. _parameters.Select(p => Simulation.Unit(p.shape[0], p.shape[1], (int)p.ElementSize))], row.Ranks);
            var model = new ScaleModel("here", 1, bandwidth, latency, (int)_parameters[0].ElementSize);
            var its = row.Optimizer == Owned ? Replicated : row.Optimizer;
            var alone = rows.First(other => other.Ranks == 1 && other.Optimizer == its).StepMax;
            return row with
            {
                PredictedStep = row.Optimizer == Owned ? alone * plan.Costs.Max() / plan.Costs.Sum() + model.Gather(plan) : alone,
                PredictedReduce = model.Reduce(plan),
            };
        })];
    }

    private void Step(Entry entry, bool isCounted)
    {
        var bytes = entry.Group?.Bytes ?? 0;
        var reduce = Timing.Seconds(() => entry.Group?.AverageGradients(_parameters), CPU);
        var between = entry.Group?.Seconds ?? 0;
        var step = Timing.Seconds(() => entry.Optimizer!.step(), CPU);
        if (!isCounted) return;
        entry.Reduce.Add(reduce);
        entry.Step.Add(step);
        entry.Gather.Add((entry.Group?.Seconds ?? 0) - between);
        entry.Sent = (entry.Group?.Bytes ?? 0) - bytes;
    }

    /// <summary>The ranks' figures together.</summary>
    private ScaleRow Row(Entry entry)
    {
        double[] own = entry.Optimizer is not null
            ? [Timing.Median(entry.Step), Timing.Median(entry.Reduce), Timing.Median(entry.Gather), entry.Sent, entry.StateBytes]
            : new double[5];
        using var scope = NewDisposeScope();
        var all = zeros(_group.Size, own.Length, dtype: ScalarType.Float64);
        all[_group.Rank].copy_(tensor(own));
        _group.AllGather(all.view(-1), [.. Enumerable.Repeat((long)own.Length, _group.Size)]);
        var of = Enumerable.Range(0, own.Length)
            .Select(i => all.narrow(0, 0, entry.Ranks).select(1, i).contiguous().data<double>().ToArray()).ToArray();
        return new(entry.Ranks, entry.Name, of[0].Max(), of[0].Average(), of[1].Max(), of[2].Average(), of[3].Max(), of[4].Max(),
            null, null);
    }

    /// <summary>Of calls between the ranks: what a small one takes, and the bytes that a rank sends in a second of a large one.</summary>
    private (double latency, double bandwidth) Link()
    {
        if (_group.Size == 1) return (0, double.PositiveInfinity);
        const int entries = 1 << 22;
        var (small, large) = (Median(1), Median(entries));
        return (small, 2 * (_group.Size - 1.0) / _group.Size * entries * sizeof(float) / Math.Max(1e-9, large - small));

        double Median(int count)
        {
            using var x = zeros(count);
            return Timing.Median([.. Enumerable.Range(0, 9).Select(_ => Timing.Seconds(() => _group.AllReduce(x), CPU))]);
        }
    }
}
