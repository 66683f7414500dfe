using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Schedules;

public class MomentumWarmupTests
{
    [Fact]
    public void Momentum_rises_in_a_straight_line_to_what_each_group_has()
    {
        using var optimizer = new Muon([
            new Muon.ParamGroup([Models.Parameter(3, 4)]),
            new Muon.ParamGroup([Models.Parameter(3, 4)], new Muon.Options { momentum = 0.9 })]);
        var warmup = new MomentumWarmup(optimizer, steps: 4);
        double[] Momenta() => [.. optimizer.ParamGroups.Cast<optim.IMomentum>().Select(group => group.Momentum)];
        for (var step = 0; step < 6; step++)
        {
            var share = Math.Min(1, step / 4.0);
            Assert.Equal([0.85 + 0.1 * share, 0.85 + 0.05 * share], Momenta(), (a, b) => Math.Abs(a - b) < 1e-15); // observed 1.1e-16
            optimizer.step();
            warmup.step();
        }
        warmup.step(epoch: 2);
        Assert.Equal(0.9, Momenta()[0], 1e-15); // observed 1.1e-16
    }

    [Fact]
    public void It_goes_beside_a_scheduler_of_the_rate_over_TorchSharps_optimizers_too()
    {
        using var optimizer = optim.SGD([Models.Parameter(3)], 0.1, momentum: 0.5);
        var rate = optim.lr_scheduler.LambdaLR(optimizer, step => 1.0 / (1 + step));
        var momentum = new MomentumWarmup(optimizer, steps: 2, from: 0.1, to: 0.7);
        optimizer.step();
        rate.step();
        momentum.step();
        var group = optimizer.ParamGroups.First();
        Assert.Equal(0.05, group.LearningRate, 1e-15); // observed 0
        Assert.Equal(0.1, group.InitialLearningRate, 1e-15); // observed 0
        Assert.Equal(0.4, ((optim.IMomentum)group).Momentum, 1e-15); // observed 0
    }

    [Fact]
    public void It_notes_the_rates_and_leaves_them_and_the_initial_ones()
    {
        using var optimizer = optim.SGD([Models.Parameter(3)], 0.1, momentum: 0.5);
        var rate = optim.lr_scheduler.LambdaLR(optimizer, step => 1.0 / (2 + step));
        var momentum = new MomentumWarmup(optimizer, steps: 2);
        var group = optimizer.ParamGroups.First();
        for (var step = 0; step < 3; step++)
        {
            Assert.Equal(0.1 / (2 + step), group.LearningRate);
            Assert.Equal(0.1, group.InitialLearningRate);
            Assert.Equal([group.LearningRate], momentum.get_last_lr());
            optimizer.step();
            rate.step();
            momentum.step();
        }
    }

    [Fact]
    public void A_resumed_run_has_the_momentum_of_an_unbroken_one()
    {
        using var optimizer = new RootOptimizer([Models.Parameter(3, 4)]);
        ResumeScheduler.At(3, () => new MomentumWarmup(optimizer, steps: 10, from: 0.85, to: 0.95), () => { });
        Assert.Equal(0.88, ((optim.IMomentum)optimizer.ParamGroups.First()).Momentum, 1e-15); // observed 0
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        using var without = optim.Adagrad([Models.Parameter(3)]);
        Assert.Throws<ArgumentException>(() => new MomentumWarmup(without, 5));
        using var optimizer = new Muon([Models.Parameter(3, 4)]);
        Assert.Throws<ArgumentException>(() => new MomentumWarmup(optimizer, 0));
        Assert.Throws<ArgumentException>(() => new MomentumWarmup(optimizer, 5, from: 1.1));
        Assert.Throws<ArgumentException>(() => new MomentumWarmup(optimizer, 5, to: -0.1));
        Assert.Equal(0.95, optimizer.Momentum);
    }
}
