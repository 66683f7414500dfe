using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace Root.Optimizers.Tests.Contract;

/// <summary>
/// What TorchSharp's schedulers do to two groups of rates 0.1 and 0.03. The numbers are TorchSharp 0.107's.
/// </summary>
public class SchedulerContractTests
{
    [Fact]
    public void The_first_step_is_made_on_construction_and_starts_from_each_groups_initial_rate()
    {
        var sgd = TwoGroups();
        lr_scheduler.LambdaLR(sgd, epoch => epoch + 0.5);
        Assert.Equal([0.05, 0.015], Rates(sgd));
    }

    [Fact]
    public void StepLR_multiplies_the_current_rate()
    {
        var sgd = TwoGroups();
        var scheduler = lr_scheduler.StepLR(sgd, 2, 0.5);
        Assert.Equal([0.1, 0.1, 0.05, 0.05, 0.025], FirstGroup(sgd, scheduler, 5));
        Assert.Equal([0.025, 0.0075], scheduler.get_last_lr());
    }

    [Fact]
    public void CosineAnnealingLR_goes_down_and_up_again()
    {
        var sgd = TwoGroups();
        var rates = FirstGroup(sgd, lr_scheduler.CosineAnnealingLR(sgd, 5, 0.001), 11);
        Assert.Equal(0.0905463412215599, rates[1], 12);
        Assert.Equal(0.001, rates[5], 12);
        Assert.Equal(0.1, rates[10], 12);
    }

    [Fact]
    public void SequentialLR_undoes_the_first_steps_of_all_and_jumps_at_the_milestone()
    {
        var sgd = TwoGroups();
        var scheduler = lr_scheduler.SequentialLR(sgd,
            [lr_scheduler.LinearLR(sgd, 0.1, 1, 4), lr_scheduler.CosineAnnealingLR(sgd, 8)], [4]);
        var rates = FirstGroup(sgd, scheduler, 6);
        double[] expected = [0.01, 0.0325, 0.055, 0.0775, 0.1, 0.0961939766];
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], rates[i], 10);
    }

    [Fact]
    public void OneCycleLR_drives_the_momentum_against_the_rate_and_holds_a_second_group_to_the_first_phase()
    {
        var sgd = TwoGroups();
        var scheduler = lr_scheduler.OneCycleLR(sgd, 0.5, total_steps: 12);
        Assert.Equal([0.02, 0.02], Rates(sgd).Select(rate => Math.Round(rate, 12)));
        Assert.Equal([0.95, 0.95], Momenta(sgd));
        for (var i = 0; i < 11; i++) scheduler.step();
        Assert.Equal(2e-6, Rates(sgd)[0], 12);
        Assert.Equal(0.95, Momenta(sgd)[0], 12);
        Assert.NotEqual(2e-6, Rates(sgd)[1], 6);
    }

    [Fact]
    public void OneCycleLR_sets_beta1_where_a_group_has_betas()
    {
        var adam = optim.AdamW([nn.Parameter(zeros(1))]);
        lr_scheduler.OneCycleLR(adam, 0.5, total_steps: 12);
        var group = Assert.IsAssignableFrom<IBetas>(adam.ParamGroups.Single());
        Assert.Equal((0.95, 0.999), group.Betas);
    }

    [Fact]
    public void CyclicLR_needs_momentum_of_the_optimizer_and_of_its_groups()
    {
        var sgd = TwoGroups();
        Assert.Equal([0.01, 0.04, 0.07, 0.1, 0.07],
            FirstGroup(sgd, lr_scheduler.CyclicLR(sgd, 0.01, 0.1, 3), 5).Select(rate => Math.Round(rate, 12)));
        var adam = optim.AdamW([nn.Parameter(zeros(1))]);
        Assert.Throws<ArgumentException>(() => lr_scheduler.CyclicLR(adam, 0.01, 0.1));
    }

    [Fact]
    public void ReduceLROnPlateau_steps_by_the_metric_only()
    {
        var sgd = TwoGroups();
        var scheduler = lr_scheduler.ReduceLROnPlateau(sgd, factor: 0.5, patience: 1);
        Assert.Throws<InvalidOperationException>(() => scheduler.step());
        foreach (var metric in (double[])[1, 1, 1]) scheduler.step(metric);
        Assert.Equal([0.05, 0.015], Rates(sgd));
    }

    private static SGD TwoGroups() => new(
        [
            new SGD.ParamGroup([nn.Parameter(zeros(2))], lr: 0.1, momentum: 0.9),
            new SGD.ParamGroup([nn.Parameter(zeros(3))], lr: 0.03, momentum: 0.9),
        ], 0.5, momentum: 0.9);

    private static List<double> FirstGroup(Optimizer optimizer, lr_scheduler.LRScheduler scheduler, int steps)
    {
        var rates = new List<double>();
        for (var i = 0; i < steps; i++)
        {
            if (i > 0) scheduler.step();
            rates.Add(Rates(optimizer)[0]);
        }
        return rates;
    }

    private static List<double> Rates(Optimizer optimizer) =>
        [.. optimizer.ParamGroups.Select(group => group.LearningRate)];

    private static List<double> Momenta(Optimizer optimizer) =>
        [.. optimizer.ParamGroups.Cast<IMomentum>().Select(group => group.Momentum)];
}
