using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>Learning-rate schedulers drive the optimizer as they drive SGD with momentum.</summary>
public class SchedulerTests
{
    public static TheoryData<string> Names => ["step", "cosine", "onecycle", "cyclic", "lambda"];

    private static optim.lr_scheduler.LRScheduler Scheduler(string name, optim.Optimizer optimizer) => name switch
    {
        "step" => optim.lr_scheduler.StepLR(optimizer, 3, 0.5),
        "cosine" => optim.lr_scheduler.CosineAnnealingLR(optimizer, 20),
        "onecycle" => optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps: 20),
        "cyclic" => optim.lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, step_size_up: 4),
        _ => optim.lr_scheduler.LambdaLR(optimizer, epoch => 1.0 / (1 + epoch)),
    };

    [Theory, MemberData(nameof(Names))]
    public void Learning_rate_and_momentum_follow_the_scheduler(string name)
    {
        var (ours, theirs) = (Models.Parameter(4, 6), Models.Parameter(4, 6));
        using var root = optim.ROOT([ours], lr: 0.05, momentum: 0.9);
        using var sgd = optim.SGD([theirs], 0.05, momentum: 0.9);
        var (rootScheduler, sgdScheduler) = (Scheduler(name, root), Scheduler(name, sgd));
        for (var step = 0; step < 12; step++)
        {
            var (rootGroup, sgdGroup) = ((RootOptimizer.ParamGroup)root.ParamGroups.Single(), (SGD.ParamGroup)sgd.ParamGroups.Single());
            Assert.Equal(sgdGroup.LearningRate, rootGroup.LearningRate, 15);
            Assert.Equal(sgdGroup.Momentum, rootGroup.Momentum, 15);
            Models.RandomGradients([ours]);
            root.step();
            rootScheduler.step();
            sgdScheduler.step();
        }
    }
}
