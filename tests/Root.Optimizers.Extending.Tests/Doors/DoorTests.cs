using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Extending.Tests.Doors;

/// <summary>
/// Every way to construct an optimizer, written as a user of TorchSharp writes it. That the lists compile is half of the test; the
/// other half is that each optimizer has the options it was given and steps as the others with these options do.
/// </summary>
public abstract class DoorTests
{
    protected const double Lr = 0.03, Momentum = 0.8;

    /// <summary>Without options.</summary>
    protected abstract Func<Sources, MatrixOptimizer>[] Plain { get; }

    /// <summary>With <see cref="Lr"/>.</summary>
    protected abstract Func<Sources, MatrixOptimizer>[] WithLr { get; }

    /// <summary>With options of <see cref="Lr"/> and <see cref="Momentum"/>, or with these as arguments.</summary>
    protected abstract Func<Sources, MatrixOptimizer>[] WithOptions { get; }

    /// <summary>Over an empty list.</summary>
    protected abstract Func<MatrixOptimizer>[] Empty { get; }

    /// <summary>Over p1 with a learning rate of 1e-3, and p2 with a weight decay of 0.25 and a learning rate of <see cref="Lr"/>.</summary>
    protected abstract Func<Sources, MatrixOptimizer>[] TwoGroups { get; }

    /// <summary>The documented learning rate and momentum.</summary>
    protected abstract (double lr, double momentum) Defaults { get; }

    [Fact]
    public void Every_source_alone_has_the_defaults() => AllStepAlike(Plain, Defaults.lr, Defaults.momentum);

    [Fact]
    public void Every_source_takes_a_learning_rate() => AllStepAlike(WithLr, Lr, Defaults.momentum);

    [Fact]
    public void Every_source_takes_options() => AllStepAlike(WithOptions, Lr, Momentum);

    [Fact]
    public void An_empty_list_is_an_empty_list_of_groups()
    {
        foreach (var door in Empty) Assert.Contains("empty list of groups", Assert.Throws<ArgumentException>(door).Message);
    }

    [Fact]
    public void Groups_have_options_of_their_own_and_inherit_the_others()
    {
        foreach (var door in TwoGroups)
        {
            var sources = new Sources();
            using var optimizer = door(sources);
            var groups = optimizer.ParamGroups.ToArray();
            Assert.Equal([1e-3, Lr], groups.Select(group => group.LearningRate));
            Assert.Equal(0.25, ((MatrixOptions)((dynamic)groups[1]).Options).weight_decay);
            Step(optimizer, sources);
        }
    }

    private static void AllStepAlike(Func<Sources, MatrixOptimizer>[] doors, double lr, double momentum)
    {
        Tensor[]? expected = null;
        foreach (var door in doors)
        {
            var sources = new Sources();
            using var optimizer = door(sources);
            var group = Assert.Single(optimizer.ParamGroups);
            Assert.Equal((lr, momentum), (group.LearningRate, ((optim.IMomentum)group).Momentum));
            var stepped = Step(optimizer, sources);
            expected ??= stepped;
            for (var i = 0; i < expected.Length; i++) Assert.True(expected[i].Equals(stepped[i]));
        }
    }

    private static Tensor[] Step(MatrixOptimizer optimizer, Sources sources)
    {
        var before = sources.Weights;
        manual_seed(2);
        sources.p1.grad = randn(sources.p1.shape);
        sources.p2.grad = randn(sources.p2.shape);
        optimizer.step();
        var after = sources.Weights;
        for (var i = 0; i < before.Length; i++) Assert.False(before[i].Equals(after[i]));
        return after;
    }

    /// <summary>Two matrices, in all that holds them.</summary>
    public sealed class Sources
    {
        public Sources()
        {
            manual_seed(1);
            model = nn.Sequential(("a", nn.Linear(6, 4, hasBias: false)), ("b", nn.Linear(4, 6, hasBias: false)));
            (p1, p2) = (model.parameters().First(), model.parameters().Last());
            list = nn.ParameterList(p1, p2);
            dict = nn.ParameterDict(("a", p1), ("b", p2));
        }

        public Sequential model { get; }

        public Parameter p1 { get; }

        public Parameter p2 { get; }

        public ParameterList list { get; }

        public ParameterDict dict { get; }

        public Tensor[] Weights => [p1.detach().clone(), p2.detach().clone()];
    }
}
