using TorchSharp;

namespace Root.Optimizers.Extending.Tests.Doors;

public class RootOptimizerDoorTests : DoorTests
{
    private static readonly RootOptimizer.Options options = new() { LearningRate = Lr, momentum = Momentum },
        another_lr = new() { LearningRate = 1, momentum = Momentum };

    protected override (double lr, double momentum) Defaults => (1e-3, 0.95);

    private static RootOptimizer.ParamGroup[] Groups(Sources s) => [new RootOptimizer.ParamGroup { Parameters = [s.p1, s.p2] }];

    protected override Func<Sources, MatrixOptimizer>[] Plain =>
    [
        s => new RootOptimizer(s.model.parameters()), s => torch.optim.ROOT(s.model.parameters()),
        s => new RootOptimizer(s.model.named_parameters()), s => torch.optim.ROOT(s.model.named_parameters()),
        s => new RootOptimizer(s.model), s => torch.optim.ROOT(s.model),
        s => new RootOptimizer(s.list), s => torch.optim.ROOT(s.list),
        s => new RootOptimizer(s.dict), s => torch.optim.ROOT(s.dict),
        s => new RootOptimizer([s.p1, s.p2]), s => torch.optim.ROOT([s.p1, s.p2]),
        s => new RootOptimizer([("a", s.p1), ("b", s.p2)]), s => torch.optim.ROOT([("a", s.p1), ("b", s.p2)]),
        s => new RootOptimizer(Groups(s)), s => torch.optim.ROOT(Groups(s)),
        s => new RootOptimizer([new(s.model.parameters())]), s => torch.optim.ROOT([new(s.model.parameters())]),
        s => new RootOptimizer([new(s.model)]), s => torch.optim.ROOT([new(s.model)]),
        s => new RootOptimizer([new(s.list)]), s => torch.optim.ROOT([new(s.list)]),
        s => new RootOptimizer([new(s.dict)]), s => torch.optim.ROOT([new(s.dict)]),
        s => new RootOptimizer([new() { Parameters = s.model.parameters() }]),
        s => torch.optim.ROOT([new() { Parameters = s.model.parameters() }]),
    ];

    protected override Func<Sources, MatrixOptimizer>[] WithLr =>
    [
        s => new RootOptimizer(s.model.parameters(), Lr), s => new RootOptimizer(s.model.parameters(), lr: Lr),
        s => torch.optim.ROOT(s.model.parameters(), Lr), s => torch.optim.ROOT(s.model.parameters(), lr: Lr),
        s => new RootOptimizer(s.model.named_parameters(), Lr), s => new RootOptimizer(s.model.named_parameters(), lr: Lr),
        s => torch.optim.ROOT(s.model.named_parameters(), Lr), s => torch.optim.ROOT(s.model.named_parameters(), lr: Lr),
        s => new RootOptimizer(s.model, Lr), s => new RootOptimizer(s.model, lr: Lr), s => torch.optim.ROOT(s.model, Lr),
        s => torch.optim.ROOT(s.model, lr: Lr),
        s => new RootOptimizer(s.list, Lr), s => new RootOptimizer(s.list, lr: Lr), s => torch.optim.ROOT(s.list, Lr),
        s => torch.optim.ROOT(s.list, lr: Lr),
        s => new RootOptimizer(s.dict, Lr), s => new RootOptimizer(s.dict, lr: Lr), s => torch.optim.ROOT(s.dict, Lr),
        s => torch.optim.ROOT(s.dict, lr: Lr),
        s => new RootOptimizer([s.p1, s.p2], Lr), s => new RootOptimizer([s.p1, s.p2], lr: Lr),
        s => torch.optim.ROOT([s.p1, s.p2], Lr), s => torch.optim.ROOT([s.p1, s.p2], lr: Lr),
        s => new RootOptimizer([("a", s.p1), ("b", s.p2)], Lr), s => new RootOptimizer([("a", s.p1), ("b", s.p2)], lr: Lr),
        s => torch.optim.ROOT([("a", s.p1), ("b", s.p2)], Lr), s => torch.optim.ROOT([("a", s.p1), ("b", s.p2)], lr: Lr),
        s => new RootOptimizer(Groups(s), Lr), s => new RootOptimizer(Groups(s), lr: Lr), s => torch.optim.ROOT(Groups(s), Lr),
        s => torch.optim.ROOT(Groups(s), lr: Lr),
        s => new RootOptimizer([new(s.model.parameters())], Lr), s => new RootOptimizer([new(s.model.parameters())], lr: Lr),
        s => torch.optim.ROOT([new(s.model.parameters())], Lr), s => torch.optim.ROOT([new(s.model.parameters())], lr: Lr),
        s => new RootOptimizer([new(s.model)], Lr), s => new RootOptimizer([new(s.model)], lr: Lr),
        s => torch.optim.ROOT([new(s.model)], Lr), s => torch.optim.ROOT([new(s.model)], lr: Lr),
        s => new RootOptimizer([new(s.list)], Lr), s => new RootOptimizer([new(s.list)], lr: Lr),
        s => torch.optim.ROOT([new(s.list)], Lr), s => torch.optim.ROOT([new(s.list)], lr: Lr),
        s => new RootOptimizer([new(s.dict)], Lr), s => new RootOptimizer([new(s.dict)], lr: Lr),
        s => torch.optim.ROOT([new(s.dict)], Lr), s => torch.optim.ROOT([new(s.dict)], lr: Lr),
        s => new RootOptimizer([new() { Parameters = s.model.parameters() }], Lr),
        s => new RootOptimizer([new() { Parameters = s.model.parameters() }], lr: Lr),
        s => torch.optim.ROOT([new() { Parameters = s.model.parameters() }], Lr),
        s => torch.optim.ROOT([new() { Parameters = s.model.parameters() }], lr: Lr),
    ];

    protected override Func<Sources, MatrixOptimizer>[] WithOptions =>
    [
        s => new RootOptimizer(s.model.parameters(), options),
        s => new RootOptimizer(s.model.parameters(), lr: Lr, options: another_lr),
        s => new RootOptimizer(s.model.parameters(), new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ROOT(s.model.parameters(), options),
        s => torch.optim.ROOT(s.model.parameters(), lr: Lr, momentum: Momentum),
        s => new RootOptimizer(s.model.named_parameters(), options),
        s => new RootOptimizer(s.model.named_parameters(), lr: Lr, options: another_lr),
        s => new RootOptimizer(s.model.named_parameters(), new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ROOT(s.model.named_parameters(), options),
        s => torch.optim.ROOT(s.model.named_parameters(), lr: Lr, momentum: Momentum),
        s => new RootOptimizer(s.model, options), s => new RootOptimizer(s.model, lr: Lr, options: another_lr),
        s => new RootOptimizer(s.model, new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ROOT(s.model, options), s => torch.optim.ROOT(s.model, lr: Lr, momentum: Momentum),
        s => new RootOptimizer(s.list, options), s => new RootOptimizer(s.list, lr: Lr, options: another_lr),
        s => new RootOptimizer(s.list, new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ROOT(s.list, options), s => torch.optim.ROOT(s.list, lr: Lr, momentum: Momentum),
        s => new RootOptimizer(s.dict, options), s => new RootOptimizer(s.dict, lr: Lr, options: another_lr),
        s => new RootOptimizer(s.dict, new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ROOT(s.dict, options), s => torch.optim.ROOT(s.dict, lr: Lr, momentum: Momentum),
        s => new RootOptimizer([s.p1, s.p2], options), s => new RootOptimizer([s.p1, s.p2], lr: Lr, options: another_lr),
        s => new RootOptimizer([s.p1, s.p2], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ROOT([s.p1, s.p2], options), s => torch.optim.ROOT([s.p1, s.p2], lr: Lr, momentum: Momentum),
        s => new RootOptimizer([("a", s.p1), ("b", s.p2)], options),
        s => new RootOptimizer([("a", s.p1), ("b", s.p2)], lr: Lr, options: another_lr),
        s => new RootOptimizer([("a", s.p1), ("b", s.p2)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ROOT([("a", s.p1), ("b", s.p2)], options),
        s => torch.optim.ROOT([("a", s.p1), ("b", s.p2)], lr: Lr, momentum: Momentum),
        s => new RootOptimizer(Groups(s), options), s => new RootOptimizer(Groups(s), lr: Lr, options: another_lr),
        s => new RootOptimizer(Groups(s), new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ROOT(Groups(s), options), s => torch.optim.ROOT(Groups(s), lr: Lr, momentum: Momentum),
        s => new RootOptimizer([new(s.model.parameters())], options),
        s => new RootOptimizer([new(s.model.parameters())], lr: Lr, options: another_lr),
        s => new RootOptimizer([new(s.model.parameters())], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ROOT([new(s.model.parameters())], options),
        s => torch.optim.ROOT([new(s.model.parameters())], lr: Lr, momentum: Momentum),
        s => new RootOptimizer([new(s.model)], options), s => new RootOptimizer([new(s.model)], lr: Lr, options: another_lr),
        s => new RootOptimizer([new(s.model)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ROOT([new(s.model)], options), s => torch.optim.ROOT([new(s.model)], lr: Lr, momentum: Momentum),
        s => new RootOptimizer([new(s.list)], options), s => new RootOptimizer([new(s.list)], lr: Lr, options: another_lr),
        s => new RootOptimizer([new(s.list)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ROOT([new(s.list)], options), s => torch.optim.ROOT([new(s.list)], lr: Lr, momentum: Momentum),
        s => new RootOptimizer([new(s.dict)], options), s => new RootOptimizer([new(s.dict)], lr: Lr, options: another_lr),
        s => new RootOptimizer([new(s.dict)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ROOT([new(s.dict)], options), s => torch.optim.ROOT([new(s.dict)], lr: Lr, momentum: Momentum),
        s => new RootOptimizer([new() { Parameters = s.model.parameters() }], options),
        s => new RootOptimizer([new() { Parameters = s.model.parameters() }], lr: Lr, options: another_lr),
        s => new RootOptimizer([new() { Parameters = s.model.parameters() }], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ROOT([new() { Parameters = s.model.parameters() }], options),
        s => torch.optim.ROOT([new() { Parameters = s.model.parameters() }], lr: Lr, momentum: Momentum),
    ];

    protected override Func<MatrixOptimizer>[] Empty =>
    [
        () => new RootOptimizer([]), () => new RootOptimizer([], options), () => new RootOptimizer([], Lr),
        () => new RootOptimizer([], lr: Lr, options: options), () => torch.optim.ROOT([]), () => torch.optim.ROOT([], options),
        () => torch.optim.ROOT([], lr: Lr, momentum: Momentum),
    ];

    protected override Func<Sources, MatrixOptimizer>[] TwoGroups =>
    [
        s => new RootOptimizer([new([s.p1], lr: 1e-3), new([s.p2], new() { weight_decay = 0.25 })], Lr),
        s => new RootOptimizer([new([s.p1], 1e-3), new() { Parameters = [s.p2], Options = new() { weight_decay = 0.25 } }], options),
        s => torch.optim.ROOT([new([("a", s.p1)], lr: 1e-3), new([("b", s.p2)], lr: Lr, options: new() { weight_decay = 0.25 })]),
        s => torch.optim.ROOT(
            [
                new RootOptimizer.ParamGroup { Parameters = [s.p1], Options = new() { LearningRate = 1e-3 } },
                new RootOptimizer.ParamGroup { Parameters = [s.p2], Options = new() { weight_decay = 0.25 } },
            ], lr: Lr),
    ];
}
