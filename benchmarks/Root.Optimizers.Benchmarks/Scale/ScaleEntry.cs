using System.Diagnostics;
using CharGpt;
using Root.Optimizers.Distributed;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Scale;

/// <summary>An optimizer on some ranks, on one of them. Its rate is 0: weights stay, and all optimizers have the same gradients.</summary>
internal sealed class ScaleEntry : IDisposable
{
    private readonly string _name;
    private readonly Sharing _sharing;
    private readonly ScaleWork _work;
    private readonly CountingGroup? _group;
    private readonly OptimizerHelper? _optimizer;
    private readonly Dictionary<int, List<double[]>> _taken = [];

    /// <param name="all">All ranks of the job.</param>
    /// <param name="ranks">The first of them are meant, this one may not be among them.</param>
    /// <param name="name">The optimizer, as CharGpt calls it.</param>
    /// <param name="sharing">How they share it out.</param>
    /// <param name="work">The model.</param>
    public ScaleEntry(IProcessGroup all, int ranks, string name, Sharing sharing, ScaleWork work)
    {
        (Ranks, _name, _sharing, _work) = (ranks, name, sharing, work);
        if (all.Rank >= ranks) return;
        // One rank has no others to call.
        _group = ranks == 1 ? null : new(all);
        _optimizer = OptimizerFactory.Make(work.Model, new() { Optimizer = name, LearningRate = 0 },
            sharing == Sharing.Replicated ? null : _group);
    }

    public int Ranks { get; }

    /// <summary>Shared out over ranks; else null.</summary>
    public MatrixOptimizer? Shared => _sharing == Sharing.Replicated ? null : _optimizer as MatrixOptimizer;

    /// <summary>A step of the training.</summary>
    /// <param name="sequences">Of a rank.</param>
    /// <param name="isCounted">Whether its times count.</param>
    public void Step(int sequences, bool isCounted)
    {
        if (_optimizer is null) return;
        var bytes = _group?.Bytes ?? 0;
        var training = Timing.Seconds(() => _work.ForwardAndBackward(sequences), CPU);
        // Whoever has its gradients first would else wait within the next part.
        var waiting = Timing.Seconds(() => _group?.Barrier(), CPU);
        var reduce = Timing.Seconds(Average, CPU);
        var messages = _group?.MessageSeconds ?? 0;
        var step = Timing.Seconds(() => _optimizer.step(), CPU);
        // Parameters are gathered at a step's end, when all have told each other how theirs went.
        var gather = Shared is null ? 0 : Stopwatch.GetElapsedTime(_group!.LastMessage).TotalSeconds;
        var own = step - gather - ((_group?.MessageSeconds ?? 0) - messages);
        // Averaging, which comes next, begins when the slowest has stepped.
        step += Timing.Seconds(() => _group?.Barrier(), CPU);
        if (!isCounted) return;
        if (!_taken.TryGetValue(sequences, out var taken)) _taken.Add(sequences, taken = []);
        taken.Add([training + waiting + reduce + step, step, training, reduce, own, gather, (_group?.Bytes ?? 0) - bytes]);
    }

    private void Average()
    {
        if (_sharing == Sharing.OwnedGradients) Shared!.AverageGradients();
        else _group?.AverageGradients(_work.Model);
    }

    /// <summary>The ranks' figures together; every rank calls it.</summary>
    public ScaleRow Row(IProcessGroup all, int sequences, string scaling)
    {
        using var scope = NewDisposeScope();
        double[] own = _optimizer is null
            ? new double[8]
            : [.. Enumerable.Range(0, 7).Select(i => Timing.Median(_taken[sequences].Select(its => its[i]))), StateBytes()];
        var table = zeros(all.Size, own.Length, dtype: ScalarType.Float64);
        table[all.Rank].copy_(tensor(own));
        all.AllGather(table.view(-1), [.. Enumerable.Repeat((long)own.Length, all.Size)]);
        var of = Enumerable.Range(0, own.Length)
            .Select(i => table.narrow(0, 0, Ranks).select(1, i).contiguous().data<double>().ToArray()).ToArray();
        return new(Ranks, _name, _sharing, scaling, (long)sequences * Ranks * _work.Context, of[0].Max(), of[1].Max(),
            new(of[2].Max(), of[3].Max(), of[4].Max(), of[5].Max()), of[4].Average(), of[6].Max(), of[7].Max());
    }

    private double StateBytes() => _optimizer switch
    {
        MatrixOptimizer matrices => matrices.Slots.SelectMany(slot => slot.Kept.Named).Sum(its => Bytes(its.tensor)),
        var adamw => adamw!.state_dict().State.Cast<AdamW.State>().Sum(state => Bytes(state.exp_avg!) + Bytes(state.exp_avg_sq!)),
    };

    private static double Bytes(Tensor x) => (double)x.numel() * x.ElementSize;

    public void Dispose() => _optimizer?.Dispose();
}
