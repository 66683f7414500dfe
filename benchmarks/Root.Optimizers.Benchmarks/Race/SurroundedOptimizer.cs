using Root.Optimizers.Benchmarks.Compare;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Race;

/// <summary>An optimizer with what may be put around one, in a loop that knows of optimizers only.</summary>
/// <param name="inner">Makes the steps; disposed with this.</param>
/// <param name="average">Averages its weights.</param>
/// <param name="share">Of the average in what is evaluated.</param>
/// <param name="momentum">Is stepped after it.</param>
internal sealed class SurroundedOptimizer(OptimizerHelper inner, WeightAverage? average = null, double share = 1,
    MomentumWarmup? momentum = null) : OptimizerHelper, IAveraged
{
    public override IEnumerable<optim.ILearningRateController> ParamGroups => inner.ParamGroups;

    public override IEnumerable<Parameter> parameters() => inner.parameters();

    public override void zero_grad() => inner.zero_grad();

    public override Tensor? step(Func<Tensor>? closure = null)
    {
        var loss = inner.step(closure);
        average?.Update();
        momentum?.step();
        return loss;
    }

    public IDisposable? Swap() => average?.Swap(share);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        average?.Dispose();
        inner.Dispose();
    }
}
