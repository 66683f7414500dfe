using TorchSharp;

namespace Root.Optimizers.Extending.Tests.Doors;

public class HypersphericalDescentDoorTests : DoorTests
{
    private static readonly HypersphericalDescent.Options options = new() { LearningRate = Lr, momentum = Momentum },
        another_lr = new() { LearningRate = 1, momentum = Momentum };

    protected override (double lr, double momentum) Defaults => (0.1, 0);

    private static HypersphericalDescent.ParamGroup[] Groups(Sources s) =>
        [new HypersphericalDescent.ParamGroup { Parameters = [s.p1, s.p2] }];

    protected override Func<Sources, MatrixOptimizer>[] Plain =>
    [
        s => new HypersphericalDescent(s.model.parameters()), s => torch.optim.HypersphericalDescent(s.model.parameters()),
        s => new HypersphericalDescent(s.model.named_parameters()),
        s => torch.optim.HypersphericalDescent(s.model.named_parameters()),
        s => new HypersphericalDescent(s.model), s => torch.optim.HypersphericalDescent(s.model),
        s => new HypersphericalDescent(s.list), s => torch.optim.HypersphericalDescent(s.list),
        s => new HypersphericalDescent(s.dict), s => torch.optim.HypersphericalDescent(s.dict),
        s => new HypersphericalDescent([s.p1, s.p2]), s => torch.optim.HypersphericalDescent([s.p1, s.p2]),
        s => new HypersphericalDescent([("a", s.p1), ("b", s.p2)]),
        s => torch.optim.HypersphericalDescent([("a", s.p1), ("b", s.p2)]),
        s => new HypersphericalDescent(Groups(s)), s => torch.optim.HypersphericalDescent(Groups(s)),
        s => new HypersphericalDescent([new(s.model.parameters())]),
        s => torch.optim.HypersphericalDescent([new(s.model.parameters())]),
        s => new HypersphericalDescent([new(s.model)]), s => torch.optim.HypersphericalDescent([new(s.model)]),
        s => new HypersphericalDescent([new(s.list)]), s => torch.optim.HypersphericalDescent([new(s.list)]),
        s => new HypersphericalDescent([new(s.dict)]), s => torch.optim.HypersphericalDescent([new(s.dict)]),
        s => new HypersphericalDescent([new() { Parameters = s.model.parameters() }]),
        s => torch.optim.HypersphericalDescent([new() { Parameters = s.model.parameters() }]),
    ];

    protected override Func<Sources, MatrixOptimizer>[] WithLr =>
    [
        s => new HypersphericalDescent(s.model.parameters(), Lr), s => new HypersphericalDescent(s.model.parameters(), lr: Lr),
        s => torch.optim.HypersphericalDescent(s.model.parameters(), Lr),
        s => torch.optim.HypersphericalDescent(s.model.parameters(), lr: Lr),
        s => new HypersphericalDescent(s.model.named_parameters(), Lr),
        s => new HypersphericalDescent(s.model.named_parameters(), lr: Lr),
        s => torch.optim.HypersphericalDescent(s.model.named_parameters(), Lr),
        s => torch.optim.HypersphericalDescent(s.model.named_parameters(), lr: Lr),
        s => new HypersphericalDescent(s.model, Lr), s => new HypersphericalDescent(s.model, lr: Lr),
        s => torch.optim.HypersphericalDescent(s.model, Lr), s => torch.optim.HypersphericalDescent(s.model, lr: Lr),
        s => new HypersphericalDescent(s.list, Lr), s => new HypersphericalDescent(s.list, lr: Lr),
        s => torch.optim.HypersphericalDescent(s.list, Lr), s => torch.optim.HypersphericalDescent(s.list, lr: Lr),
        s => new HypersphericalDescent(s.dict, Lr), s => new HypersphericalDescent(s.dict, lr: Lr),
        s => torch.optim.HypersphericalDescent(s.dict, Lr), s => torch.optim.HypersphericalDescent(s.dict, lr: Lr),
        s => new HypersphericalDescent([s.p1, s.p2], Lr), s => new HypersphericalDescent([s.p1, s.p2], lr: Lr),
        s => torch.optim.HypersphericalDescent([s.p1, s.p2], Lr), s => torch.optim.HypersphericalDescent([s.p1, s.p2], lr: Lr),
        s => new HypersphericalDescent([("a", s.p1), ("b", s.p2)], Lr),
        s => new HypersphericalDescent([("a", s.p1), ("b", s.p2)], lr: Lr),
        s => torch.optim.HypersphericalDescent([("a", s.p1), ("b", s.p2)], Lr),
        s => torch.optim.HypersphericalDescent([("a", s.p1), ("b", s.p2)], lr: Lr),
        s => new HypersphericalDescent(Groups(s), Lr), s => new HypersphericalDescent(Groups(s), lr: Lr),
        s => torch.optim.HypersphericalDescent(Groups(s), Lr), s => torch.optim.HypersphericalDescent(Groups(s), lr: Lr),
        s => new HypersphericalDescent([new(s.model.parameters())], Lr),
        s => new HypersphericalDescent([new(s.model.parameters())], lr: Lr),
        s => torch.optim.HypersphericalDescent([new(s.model.parameters())], Lr),
        s => torch.optim.HypersphericalDescent([new(s.model.parameters())], lr: Lr),
        s => new HypersphericalDescent([new(s.model)], Lr), s => new HypersphericalDescent([new(s.model)], lr: Lr),
        s => torch.optim.HypersphericalDescent([new(s.model)], Lr),
        s => torch.optim.HypersphericalDescent([new(s.model)], lr: Lr),
        s => new HypersphericalDescent([new(s.list)], Lr), s => new HypersphericalDescent([new(s.list)], lr: Lr),
        s => torch.optim.HypersphericalDescent([new(s.list)], Lr),
        s => torch.optim.HypersphericalDescent([new(s.list)], lr: Lr),
        s => new HypersphericalDescent([new(s.dict)], Lr), s => new HypersphericalDescent([new(s.dict)], lr: Lr),
        s => torch.optim.HypersphericalDescent([new(s.dict)], Lr),
        s => torch.optim.HypersphericalDescent([new(s.dict)], lr: Lr),
        s => new HypersphericalDescent([new() { Parameters = s.model.parameters() }], Lr),
        s => new HypersphericalDescent([new() { Parameters = s.model.parameters() }], lr: Lr),
        s => torch.optim.HypersphericalDescent([new() { Parameters = s.model.parameters() }], Lr),
        s => torch.optim.HypersphericalDescent([new() { Parameters = s.model.parameters() }], lr: Lr),
    ];

    protected override Func<Sources, MatrixOptimizer>[] WithOptions =>
    [
        s => new HypersphericalDescent(s.model.parameters(), options),
        s => new HypersphericalDescent(s.model.parameters(), lr: Lr, options: another_lr),
        s => new HypersphericalDescent(s.model.parameters(), new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.HypersphericalDescent(s.model.parameters(), options),
        s => torch.optim.HypersphericalDescent(s.model.parameters(), lr: Lr, momentum: Momentum),
        s => new HypersphericalDescent(s.model.named_parameters(), options),
        s => new HypersphericalDescent(s.model.named_parameters(), lr: Lr, options: another_lr),
        s => new HypersphericalDescent(s.model.named_parameters(), new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.HypersphericalDescent(s.model.named_parameters(), options),
        s => torch.optim.HypersphericalDescent(s.model.named_parameters(), lr: Lr, momentum: Momentum),
        s => new HypersphericalDescent(s.model, options), s => new HypersphericalDescent(s.model, lr: Lr, options: another_lr),
        s => new HypersphericalDescent(s.model, new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.HypersphericalDescent(s.model, options),
        s => torch.optim.HypersphericalDescent(s.model, lr: Lr, momentum: Momentum),
        s => new HypersphericalDescent(s.list, options), s => new HypersphericalDescent(s.list, lr: Lr, options: another_lr),
        s => new HypersphericalDescent(s.list, new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.HypersphericalDescent(s.list, options),
        s => torch.optim.HypersphericalDescent(s.list, lr: Lr, momentum: Momentum),
        s => new HypersphericalDescent(s.dict, options), s => new HypersphericalDescent(s.dict, lr: Lr, options: another_lr),
        s => new HypersphericalDescent(s.dict, new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.HypersphericalDescent(s.dict, options),
        s => torch.optim.HypersphericalDescent(s.dict, lr: Lr, momentum: Momentum),
        s => new HypersphericalDescent([s.p1, s.p2], options),
        s => new HypersphericalDescent([s.p1, s.p2], lr: Lr, options: another_lr),
        s => new HypersphericalDescent([s.p1, s.p2], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.HypersphericalDescent([s.p1, s.p2], options),
        s => torch.optim.HypersphericalDescent([s.p1, s.p2], lr: Lr, momentum: Momentum),
        s => new HypersphericalDescent([("a", s.p1), ("b", s.p2)], options),
        s => new HypersphericalDescent([("a", s.p1), ("b", s.p2)], lr: Lr, options: another_lr),
        s => new HypersphericalDescent([("a", s.p1), ("b", s.p2)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.HypersphericalDescent([("a", s.p1), ("b", s.p2)], options),
        s => torch.optim.HypersphericalDescent([("a", s.p1), ("b", s.p2)], lr: Lr, momentum: Momentum),
        s => new HypersphericalDescent(Groups(s), options),
        s => new HypersphericalDescent(Groups(s), lr: Lr, options: another_lr),
        s => new HypersphericalDescent(Groups(s), new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.HypersphericalDescent(Groups(s), options),
        s => torch.optim.HypersphericalDescent(Groups(s), lr: Lr, momentum: Momentum),
        s => new HypersphericalDescent([new(s.model.parameters())], options),
        s => new HypersphericalDescent([new(s.model.parameters())], lr: Lr, options: another_lr),
        s => new HypersphericalDescent([new(s.model.parameters())], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.HypersphericalDescent([new(s.model.parameters())], options),
        s => torch.optim.HypersphericalDescent([new(s.model.parameters())], lr: Lr, momentum: Momentum),
        s => new HypersphericalDescent([new(s.model)], options),
        s => new HypersphericalDescent([new(s.model)], lr: Lr, options: another_lr),
        s => new HypersphericalDescent([new(s.model)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.HypersphericalDescent([new(s.model)], options),
        s => torch.optim.HypersphericalDescent([new(s.model)], lr: Lr, momentum: Momentum),
        s => new HypersphericalDescent([new(s.list)], options),
        s => new HypersphericalDescent([new(s.list)], lr: Lr, options: another_lr),
        s => new HypersphericalDescent([new(s.list)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.HypersphericalDescent([new(s.list)], options),
        s => torch.optim.HypersphericalDescent([new(s.list)], lr: Lr, momentum: Momentum),
        s => new HypersphericalDescent([new(s.dict)], options),
        s => new HypersphericalDescent([new(s.dict)], lr: Lr, options: another_lr),
        s => new HypersphericalDescent([new(s.dict)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.HypersphericalDescent([new(s.dict)], options),
        s => torch.optim.HypersphericalDescent([new(s.dict)], lr: Lr, momentum: Momentum),
        s => new HypersphericalDescent([new() { Parameters = s.model.parameters() }], options),
        s => new HypersphericalDescent([new() { Parameters = s.model.parameters() }], lr: Lr, options: another_lr),
        s => new HypersphericalDescent([new() { Parameters = s.model.parameters() }], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.HypersphericalDescent([new() { Parameters = s.model.parameters() }], options),
        s => torch.optim.HypersphericalDescent([new() { Parameters = s.model.parameters() }], lr: Lr, momentum: Momentum),
    ];

    protected override Func<MatrixOptimizer>[] Empty =>
    [
        () => new HypersphericalDescent([]), () => new HypersphericalDescent([], options),
        () => new HypersphericalDescent([], Lr), () => new HypersphericalDescent([], lr: Lr, options: options),
        () => torch.optim.HypersphericalDescent([]), () => torch.optim.HypersphericalDescent([], options),
        () => torch.optim.HypersphericalDescent([], lr: Lr, momentum: Momentum),
    ];

    protected override Func<Sources, MatrixOptimizer>[] TwoGroups =>
    [
        s => new HypersphericalDescent([new([s.p1], lr: 1e-3), new([s.p2], new() { weight_decay = 0.25 })], Lr),
        s => new HypersphericalDescent([new([s.p1], 1e-3), new() { Parameters = [s.p2], Options = new() { weight_decay = 0.25 } }],
            options),
        s => torch.optim.HypersphericalDescent([new([("a", s.p1)], lr: 1e-3),
            new([("b", s.p2)], lr: Lr, options: new() { weight_decay = 0.25 })]),
        s => torch.optim.HypersphericalDescent(
            [
                new HypersphericalDescent.ParamGroup { Parameters = [s.p1], Options = new() { LearningRate = 1e-3 } },
                new HypersphericalDescent.ParamGroup { Parameters = [s.p2], Options = new() { weight_decay = 0.25 } },
            ], lr: Lr),
    ];
}
