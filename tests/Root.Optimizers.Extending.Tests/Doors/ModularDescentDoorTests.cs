using Root.Optimizers.Modular;
using TorchSharp;

namespace Root.Optimizers.Extending.Tests.Doors;

public class ModularDescentDoorTests : DoorTests
{
    private static readonly ModularDescent.Options options = new() { LearningRate = Lr, momentum = Momentum },
        another_lr = new() { LearningRate = 1, momentum = Momentum };

    protected override (double lr, double momentum) Defaults => (0.1, 0.9);

    private static ModularBudget Budget(Sources s) => ModularBudget.FromSequential(s.model);

    protected override Func<Sources, MatrixOptimizer>[] Plain =>
    [
        s => new ModularDescent(Budget(s)), s => torch.optim.ModularDescent(Budget(s)),
        s => new ModularDescent(s.model, Budget(s)), s => torch.optim.ModularDescent(s.model, Budget(s)),
    ];

    protected override Func<Sources, MatrixOptimizer>[] WithLr =>
    [
        s => new ModularDescent(Budget(s), Lr), s => new ModularDescent(Budget(s), lr: Lr),
        s => torch.optim.ModularDescent(Budget(s), Lr), s => torch.optim.ModularDescent(Budget(s), lr: Lr),
        s => new ModularDescent(s.model, Budget(s), Lr), s => new ModularDescent(s.model, Budget(s), lr: Lr),
        s => torch.optim.ModularDescent(s.model, Budget(s), Lr), s => torch.optim.ModularDescent(s.model, Budget(s), lr: Lr),
    ];

    protected override Func<Sources, MatrixOptimizer>[] WithOptions =>
    [
        s => new ModularDescent(Budget(s), options), s => new ModularDescent(Budget(s), lr: Lr, options: another_lr),
        s => new ModularDescent(Budget(s), new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ModularDescent(Budget(s), options), s => torch.optim.ModularDescent(Budget(s), lr: Lr, momentum: Momentum),
        s => new ModularDescent(s.model, Budget(s), options), s => new ModularDescent(s.model, Budget(s), lr: Lr, options: another_lr),
        s => new ModularDescent(s.model, Budget(s), new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ModularDescent(s.model, Budget(s), options),
        s => torch.optim.ModularDescent(s.model, Budget(s), lr: Lr, momentum: Momentum),
    ];

    /// <summary>A budget is never empty, and it makes the group.</summary>
    protected override Func<MatrixOptimizer>[] Empty => [];

    protected override Func<Sources, MatrixOptimizer>[] TwoGroups => [];
}
