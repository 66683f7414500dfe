using TorchSharp;

namespace Root.Optimizers.Extending.Tests.Doors;

public class ManifoldMuonDoorTests : DoorTests
{
    private static readonly ManifoldMuon.Options options = new() { LearningRate = Lr, momentum = Momentum },
        another_lr = new() { LearningRate = 1, momentum = Momentum };

    protected override (double lr, double momentum) Defaults => (0.1, 0);

    private static ManifoldMuon.ParamGroup[] Groups(Sources s) => [new ManifoldMuon.ParamGroup { Parameters = [s.p1, s.p2] }];

    protected override Func<Sources, MatrixOptimizer>[] Plain =>
    [
        s => new ManifoldMuon(s.model.parameters()), s => torch.optim.ManifoldMuon(s.model.parameters()),
        s => new ManifoldMuon(s.model.named_parameters()), s => torch.optim.ManifoldMuon(s.model.named_parameters()),
        s => new ManifoldMuon(s.model), s => torch.optim.ManifoldMuon(s.model),
        s => new ManifoldMuon(s.list), s => torch.optim.ManifoldMuon(s.list),
        s => new ManifoldMuon(s.dict), s => torch.optim.ManifoldMuon(s.dict),
        s => new ManifoldMuon([s.p1, s.p2]), s => torch.optim.ManifoldMuon([s.p1, s.p2]),
        s => new ManifoldMuon([("a", s.p1), ("b", s.p2)]), s => torch.optim.ManifoldMuon([("a", s.p1), ("b", s.p2)]),
        s => new ManifoldMuon(Groups(s)), s => torch.optim.ManifoldMuon(Groups(s)),
        s => new ManifoldMuon([new(s.model.parameters())]), s => torch.optim.ManifoldMuon([new(s.model.parameters())]),
        s => new ManifoldMuon([new(s.model)]), s => torch.optim.ManifoldMuon([new(s.model)]),
        s => new ManifoldMuon([new(s.list)]), s => torch.optim.ManifoldMuon([new(s.list)]),
        s => new ManifoldMuon([new(s.dict)]), s => torch.optim.ManifoldMuon([new(s.dict)]),
        s => new ManifoldMuon([new() { Parameters = s.model.parameters() }]),
        s => torch.optim.ManifoldMuon([new() { Parameters = s.model.parameters() }]),
    ];

    protected override Func<Sources, MatrixOptimizer>[] WithLr =>
    [
        s => new ManifoldMuon(s.model.parameters(), Lr), s => new ManifoldMuon(s.model.parameters(), lr: Lr),
        s => torch.optim.ManifoldMuon(s.model.parameters(), Lr), s => torch.optim.ManifoldMuon(s.model.parameters(), lr: Lr),
        s => new ManifoldMuon(s.model.named_parameters(), Lr), s => new ManifoldMuon(s.model.named_parameters(), lr: Lr),
        s => torch.optim.ManifoldMuon(s.model.named_parameters(), Lr),
        s => torch.optim.ManifoldMuon(s.model.named_parameters(), lr: Lr),
        s => new ManifoldMuon(s.model, Lr), s => new ManifoldMuon(s.model, lr: Lr), s => torch.optim.ManifoldMuon(s.model, Lr),
        s => torch.optim.ManifoldMuon(s.model, lr: Lr),
        s => new ManifoldMuon(s.list, Lr), s => new ManifoldMuon(s.list, lr: Lr), s => torch.optim.ManifoldMuon(s.list, Lr),
        s => torch.optim.ManifoldMuon(s.list, lr: Lr),
        s => new ManifoldMuon(s.dict, Lr), s => new ManifoldMuon(s.dict, lr: Lr), s => torch.optim.ManifoldMuon(s.dict, Lr),
        s => torch.optim.ManifoldMuon(s.dict, lr: Lr),
        s => new ManifoldMuon([s.p1, s.p2], Lr), s => new ManifoldMuon([s.p1, s.p2], lr: Lr),
        s => torch.optim.ManifoldMuon([s.p1, s.p2], Lr), s => torch.optim.ManifoldMuon([s.p1, s.p2], lr: Lr),
        s => new ManifoldMuon([("a", s.p1), ("b", s.p2)], Lr), s => new ManifoldMuon([("a", s.p1), ("b", s.p2)], lr: Lr),
        s => torch.optim.ManifoldMuon([("a", s.p1), ("b", s.p2)], Lr),
        s => torch.optim.ManifoldMuon([("a", s.p1), ("b", s.p2)], lr: Lr),
        s => new ManifoldMuon(Groups(s), Lr), s => new ManifoldMuon(Groups(s), lr: Lr),
        s => torch.optim.ManifoldMuon(Groups(s), Lr), s => torch.optim.ManifoldMuon(Groups(s), lr: Lr),
        s => new ManifoldMuon([new(s.model.parameters())], Lr), s => new ManifoldMuon([new(s.model.parameters())], lr: Lr),
        s => torch.optim.ManifoldMuon([new(s.model.parameters())], Lr),
        s => torch.optim.ManifoldMuon([new(s.model.parameters())], lr: Lr),
        s => new ManifoldMuon([new(s.model)], Lr), s => new ManifoldMuon([new(s.model)], lr: Lr),
        s => torch.optim.ManifoldMuon([new(s.model)], Lr), s => torch.optim.ManifoldMuon([new(s.model)], lr: Lr),
        s => new ManifoldMuon([new(s.list)], Lr), s => new ManifoldMuon([new(s.list)], lr: Lr),
        s => torch.optim.ManifoldMuon([new(s.list)], Lr), s => torch.optim.ManifoldMuon([new(s.list)], lr: Lr),
        s => new ManifoldMuon([new(s.dict)], Lr), s => new ManifoldMuon([new(s.dict)], lr: Lr),
        s => torch.optim.ManifoldMuon([new(s.dict)], Lr), s => torch.optim.ManifoldMuon([new(s.dict)], lr: Lr),
        s => new ManifoldMuon([new() { Parameters = s.model.parameters() }], Lr),
        s => new ManifoldMuon([new() { Parameters = s.model.parameters() }], lr: Lr),
        s => torch.optim.ManifoldMuon([new() { Parameters = s.model.parameters() }], Lr),
        s => torch.optim.ManifoldMuon([new() { Parameters = s.model.parameters() }], lr: Lr),
    ];

    protected override Func<Sources, MatrixOptimizer>[] WithOptions =>
    [
        s => new ManifoldMuon(s.model.parameters(), options),
        s => new ManifoldMuon(s.model.parameters(), lr: Lr, options: another_lr),
        s => new ManifoldMuon(s.model.parameters(), new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ManifoldMuon(s.model.parameters(), options),
        s => torch.optim.ManifoldMuon(s.model.parameters(), lr: Lr, momentum: Momentum),
        s => new ManifoldMuon(s.model.named_parameters(), options),
        s => new ManifoldMuon(s.model.named_parameters(), lr: Lr, options: another_lr),
        s => new ManifoldMuon(s.model.named_parameters(), new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ManifoldMuon(s.model.named_parameters(), options),
        s => torch.optim.ManifoldMuon(s.model.named_parameters(), lr: Lr, momentum: Momentum),
        s => new ManifoldMuon(s.model, options), s => new ManifoldMuon(s.model, lr: Lr, options: another_lr),
        s => new ManifoldMuon(s.model, new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ManifoldMuon(s.model, options), s => torch.optim.ManifoldMuon(s.model, lr: Lr, momentum: Momentum),
        s => new ManifoldMuon(s.list, options), s => new ManifoldMuon(s.list, lr: Lr, options: another_lr),
        s => new ManifoldMuon(s.list, new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ManifoldMuon(s.list, options), s => torch.optim.ManifoldMuon(s.list, lr: Lr, momentum: Momentum),
        s => new ManifoldMuon(s.dict, options), s => new ManifoldMuon(s.dict, lr: Lr, options: another_lr),
        s => new ManifoldMuon(s.dict, new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ManifoldMuon(s.dict, options), s => torch.optim.ManifoldMuon(s.dict, lr: Lr, momentum: Momentum),
        s => new ManifoldMuon([s.p1, s.p2], options), s => new ManifoldMuon([s.p1, s.p2], lr: Lr, options: another_lr),
        s => new ManifoldMuon([s.p1, s.p2], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ManifoldMuon([s.p1, s.p2], options),
        s => torch.optim.ManifoldMuon([s.p1, s.p2], lr: Lr, momentum: Momentum),
        s => new ManifoldMuon([("a", s.p1), ("b", s.p2)], options),
        s => new ManifoldMuon([("a", s.p1), ("b", s.p2)], lr: Lr, options: another_lr),
        s => new ManifoldMuon([("a", s.p1), ("b", s.p2)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ManifoldMuon([("a", s.p1), ("b", s.p2)], options),
        s => torch.optim.ManifoldMuon([("a", s.p1), ("b", s.p2)], lr: Lr, momentum: Momentum),
        s => new ManifoldMuon(Groups(s), options), s => new ManifoldMuon(Groups(s), lr: Lr, options: another_lr),
        s => new ManifoldMuon(Groups(s), new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ManifoldMuon(Groups(s), options), s => torch.optim.ManifoldMuon(Groups(s), lr: Lr, momentum: Momentum),
        s => new ManifoldMuon([new(s.model.parameters())], options),
        s => new ManifoldMuon([new(s.model.parameters())], lr: Lr, options: another_lr),
        s => new ManifoldMuon([new(s.model.parameters())], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ManifoldMuon([new(s.model.parameters())], options),
        s => torch.optim.ManifoldMuon([new(s.model.parameters())], lr: Lr, momentum: Momentum),
        s => new ManifoldMuon([new(s.model)], options), s => new ManifoldMuon([new(s.model)], lr: Lr, options: another_lr),
        s => new ManifoldMuon([new(s.model)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ManifoldMuon([new(s.model)], options),
        s => torch.optim.ManifoldMuon([new(s.model)], lr: Lr, momentum: Momentum),
        s => new ManifoldMuon([new(s.list)], options), s => new ManifoldMuon([new(s.list)], lr: Lr, options: another_lr),
        s => new ManifoldMuon([new(s.list)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ManifoldMuon([new(s.list)], options),
        s => torch.optim.ManifoldMuon([new(s.list)], lr: Lr, momentum: Momentum),
        s => new ManifoldMuon([new(s.dict)], options), s => new ManifoldMuon([new(s.dict)], lr: Lr, options: another_lr),
        s => new ManifoldMuon([new(s.dict)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ManifoldMuon([new(s.dict)], options),
        s => torch.optim.ManifoldMuon([new(s.dict)], lr: Lr, momentum: Momentum),
        s => new ManifoldMuon([new() { Parameters = s.model.parameters() }], options),
        s => new ManifoldMuon([new() { Parameters = s.model.parameters() }], lr: Lr, options: another_lr),
        s => new ManifoldMuon([new() { Parameters = s.model.parameters() }], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.ManifoldMuon([new() { Parameters = s.model.parameters() }], options),
        s => torch.optim.ManifoldMuon([new() { Parameters = s.model.parameters() }], lr: Lr, momentum: Momentum),
    ];

    protected override Func<MatrixOptimizer>[] Empty =>
    [
        () => new ManifoldMuon([]), () => new ManifoldMuon([], options), () => new ManifoldMuon([], Lr),
        () => new ManifoldMuon([], lr: Lr, options: options), () => torch.optim.ManifoldMuon([]),
        () => torch.optim.ManifoldMuon([], options), () => torch.optim.ManifoldMuon([], lr: Lr, momentum: Momentum),
    ];

    protected override Func<Sources, MatrixOptimizer>[] TwoGroups =>
    [
        s => new ManifoldMuon([new([s.p1], lr: 1e-3), new([s.p2], new() { weight_decay = 0.25 })], Lr),
        s => new ManifoldMuon([new([s.p1], 1e-3), new() { Parameters = [s.p2], Options = new() { weight_decay = 0.25 } }], options),
        s => torch.optim.ManifoldMuon([new([("a", s.p1)], lr: 1e-3), new([("b", s.p2)], lr: Lr, options: new() { weight_decay = 0.25 })]),
        s => torch.optim.ManifoldMuon(
            [
                new ManifoldMuon.ParamGroup { Parameters = [s.p1], Options = new() { LearningRate = 1e-3 } },
                new ManifoldMuon.ParamGroup { Parameters = [s.p2], Options = new() { weight_decay = 0.25 } },
            ], lr: Lr),
    ];
}
