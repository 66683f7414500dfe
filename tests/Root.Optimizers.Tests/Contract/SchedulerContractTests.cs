using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace Root.Optimizers.Tests.Contract;

/// <summary>What TorchSharp's schedulers demand of an optimizer, and what they do to a second group.</summary>
public class SchedulerContractTests
{
    [Fact]
    public void A_scheduler_sets_the_rate_of_each_group_from_its_construction_on()
    {
        using var sgd = TwoGroups();
        var scheduler = lr_scheduler.LambdaLR(sgd, epoch => epoch + 0.5);
        Assert.Equal([0.05, 0.015], Rates(sgd));
        scheduler.step();
        Assert.Equal([0.1 * 1.5, 0.03 * 1.5], Rates(sgd));
        Assert.All(sgd.ParamGroups, group => Assert.IsAssignableFrom<ILearningRateController>(group));
    }

    [Fact]
    public void CyclicLR_and_OneCycleLR_need_momentum_but_OneCycleLR_takes_betas_for_it()
    {
        using var rprop = Rprop([nn.Parameter(zeros(1))]); // neither momentum nor betas
        Assert.Throws<ArgumentException>(() => lr_scheduler.CyclicLR(rprop, 0.01, 0.1));
        Assert.Throws<ArgumentException>(() => lr_scheduler.OneCycleLR(rprop, 0.5, total_steps: 12));
        using var adam = AdamW([nn.Parameter(zeros(1))]);
        Assert.Throws<ArgumentException>(() => lr_scheduler.CyclicLR(adam, 0.01, 0.1));
        lr_scheduler.OneCycleLR(adam, 0.5, total_steps: 12);
        Assert.Equal((0.95, 0.999), Assert.IsAssignableFrom<IBetas>(adam.ParamGroups.Single()).Betas);
    }

    /// <summary>So routing adds no groups to the user's own.</summary>
    [Fact]
    public void OneCycleLR_drives_the_momentum_against_the_rate_and_ends_a_second_group_elsewhere_than_the_first()
    {
        using var sgd = TwoGroups();
        var scheduler = lr_scheduler.OneCycleLR(sgd, 0.5, total_steps: 12);
        Assert.Equal([0.02, 0.02], Rates(sgd).Select(rate => Math.Round(rate, 12)));
        Assert.Equal([0.95, 0.95], sgd.ParamGroups.Cast<IMomentum>().Select(group => group.Momentum));
        for (var i = 0; i < 11; i++) scheduler.step();
        Assert.Equal(2e-6, Rates(sgd)[0], 12);
        Assert.NotEqual(2e-6, Rates(sgd)[1], 6);
    }

    private static SGD TwoGroups() => new(
        [
            new SGD.ParamGroup([nn.Parameter(zeros(2))], lr: 0.1, momentum: 0.9),
            new SGD.ParamGroup([nn.Parameter(zeros(3))], lr: 0.03, momentum: 0.9),
        ], 0.5, momentum: 0.9);

    private static double[] Rates(Optimizer optimizer) => [.. optimizer.ParamGroups.Select(group => group.LearningRate)];
}
