using TorchSharp;

namespace Root.Optimizers.Extending.Tests.Doors;

public class MuonDoorTests : DoorTests
{
    private static readonly Muon.Options options = new() { LearningRate = Lr, momentum = Momentum },
        another_lr = new() { LearningRate = 1, momentum = Momentum };

    protected override (double lr, double momentum) Defaults => (1e-3, 0.95);

    private static Muon.ParamGroup[] Groups(Sources s) => [new Muon.ParamGroup { Parameters = [s.p1, s.p2] }];

    protected override Func<Sources, MatrixOptimizer>[] Plain =>
    [
        s => new Muon(s.model.parameters()), s => torch.optim.Muon(s.model.parameters()),
        s => new Muon(s.model.named_parameters()), s => torch.optim.Muon(s.model.named_parameters()),
        s => new Muon(s.model), s => torch.optim.Muon(s.model),
        s => new Muon(s.list), s => torch.optim.Muon(s.list),
        s => new Muon(s.dict), s => torch.optim.Muon(s.dict),
        s => new Muon([s.p1, s.p2]), s => torch.optim.Muon([s.p1, s.p2]),
        s => new Muon([("a", s.p1), ("b", s.p2)]), s => torch.optim.Muon([("a", s.p1), ("b", s.p2)]),
        s => new Muon(Groups(s)), s => torch.optim.Muon(Groups(s)),
        s => new Muon([new(s.model.parameters())]), s => torch.optim.Muon([new(s.model.parameters())]),
        s => new Muon([new(s.model)]), s => torch.optim.Muon([new(s.model)]),
        s => new Muon([new(s.list)]), s => torch.optim.Muon([new(s.list)]),
        s => new Muon([new(s.dict)]), s => torch.optim.Muon([new(s.dict)]),
        s => new Muon([new() { Parameters = s.model.parameters() }]),
        s => torch.optim.Muon([new() { Parameters = s.model.parameters() }]),
    ];

    protected override Func<Sources, MatrixOptimizer>[] WithLr =>
    [
        s => new Muon(s.model.parameters(), Lr), s => new Muon(s.model.parameters(), lr: Lr),
        s => torch.optim.Muon(s.model.parameters(), Lr), s => torch.optim.Muon(s.model.parameters(), lr: Lr),
        s => new Muon(s.model.named_parameters(), Lr), s => new Muon(s.model.named_parameters(), lr: Lr),
        s => torch.optim.Muon(s.model.named_parameters(), Lr), s => torch.optim.Muon(s.model.named_parameters(), lr: Lr),
        s => new Muon(s.model, Lr), s => new Muon(s.model, lr: Lr), s => torch.optim.Muon(s.model, Lr),
        s => torch.optim.Muon(s.model, lr: Lr),
        s => new Muon(s.list, Lr), s => new Muon(s.list, lr: Lr), s => torch.optim.Muon(s.list, Lr),
        s => torch.optim.Muon(s.list, lr: Lr),
        s => new Muon(s.dict, Lr), s => new Muon(s.dict, lr: Lr), s => torch.optim.Muon(s.dict, Lr),
        s => torch.optim.Muon(s.dict, lr: Lr),
        s => new Muon([s.p1, s.p2], Lr), s => new Muon([s.p1, s.p2], lr: Lr), s => torch.optim.Muon([s.p1, s.p2], Lr),
        s => torch.optim.Muon([s.p1, s.p2], lr: Lr),
        s => new Muon([("a", s.p1), ("b", s.p2)], Lr), s => new Muon([("a", s.p1), ("b", s.p2)], lr: Lr),
        s => torch.optim.Muon([("a", s.p1), ("b", s.p2)], Lr), s => torch.optim.Muon([("a", s.p1), ("b", s.p2)], lr: Lr),
        s => new Muon(Groups(s), Lr), s => new Muon(Groups(s), lr: Lr), s => torch.optim.Muon(Groups(s), Lr),
        s => torch.optim.Muon(Groups(s), lr: Lr),
        s => new Muon([new(s.model.parameters())], Lr), s => new Muon([new(s.model.parameters())], lr: Lr),
        s => torch.optim.Muon([new(s.model.parameters())], Lr), s => torch.optim.Muon([new(s.model.parameters())], lr: Lr),
        s => new Muon([new(s.model)], Lr), s => new Muon([new(s.model)], lr: Lr), s => torch.optim.Muon([new(s.model)], Lr),
        s => torch.optim.Muon([new(s.model)], lr: Lr),
        s => new Muon([new(s.list)], Lr), s => new Muon([new(s.list)], lr: Lr), s => torch.optim.Muon([new(s.list)], Lr),
        s => torch.optim.Muon([new(s.list)], lr: Lr),
        s => new Muon([new(s.dict)], Lr), s => new Muon([new(s.dict)], lr: Lr), s => torch.optim.Muon([new(s.dict)], Lr),
        s => torch.optim.Muon([new(s.dict)], lr: Lr),
        s => new Muon([new() { Parameters = s.model.parameters() }], Lr),
        s => new Muon([new() { Parameters = s.model.parameters() }], lr: Lr),
        s => torch.optim.Muon([new() { Parameters = s.model.parameters() }], Lr),
        s => torch.optim.Muon([new() { Parameters = s.model.parameters() }], lr: Lr),
    ];

    protected override Func<Sources, MatrixOptimizer>[] WithOptions =>
    [
        s => new Muon(s.model.parameters(), options), s => new Muon(s.model.parameters(), lr: Lr, options: another_lr),
        s => new Muon(s.model.parameters(), new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.Muon(s.model.parameters(), options),
        s => torch.optim.Muon(s.model.parameters(), lr: Lr, momentum: Momentum),
        s => new Muon(s.model.named_parameters(), options),
        s => new Muon(s.model.named_parameters(), lr: Lr, options: another_lr),
        s => new Muon(s.model.named_parameters(), new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.Muon(s.model.named_parameters(), options),
        s => torch.optim.Muon(s.model.named_parameters(), lr: Lr, momentum: Momentum),
        s => new Muon(s.model, options), s => new Muon(s.model, lr: Lr, options: another_lr),
        s => new Muon(s.model, new() { LearningRate = Lr, momentum = Momentum }), s => torch.optim.Muon(s.model, options),
        s => torch.optim.Muon(s.model, lr: Lr, momentum: Momentum),
        s => new Muon(s.list, options), s => new Muon(s.list, lr: Lr, options: another_lr),
        s => new Muon(s.list, new() { LearningRate = Lr, momentum = Momentum }), s => torch.optim.Muon(s.list, options),
        s => torch.optim.Muon(s.list, lr: Lr, momentum: Momentum),
        s => new Muon(s.dict, options), s => new Muon(s.dict, lr: Lr, options: another_lr),
        s => new Muon(s.dict, new() { LearningRate = Lr, momentum = Momentum }), s => torch.optim.Muon(s.dict, options),
        s => torch.optim.Muon(s.dict, lr: Lr, momentum: Momentum),
        s => new Muon([s.p1, s.p2], options), s => new Muon([s.p1, s.p2], lr: Lr, options: another_lr),
        s => new Muon([s.p1, s.p2], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.Muon([s.p1, s.p2], options), s => torch.optim.Muon([s.p1, s.p2], lr: Lr, momentum: Momentum),
        s => new Muon([("a", s.p1), ("b", s.p2)], options),
        s => new Muon([("a", s.p1), ("b", s.p2)], lr: Lr, options: another_lr),
        s => new Muon([("a", s.p1), ("b", s.p2)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.Muon([("a", s.p1), ("b", s.p2)], options),
        s => torch.optim.Muon([("a", s.p1), ("b", s.p2)], lr: Lr, momentum: Momentum),
        s => new Muon(Groups(s), options), s => new Muon(Groups(s), lr: Lr, options: another_lr),
        s => new Muon(Groups(s), new() { LearningRate = Lr, momentum = Momentum }), s => torch.optim.Muon(Groups(s), options),
        s => torch.optim.Muon(Groups(s), lr: Lr, momentum: Momentum),
        s => new Muon([new(s.model.parameters())], options),
        s => new Muon([new(s.model.parameters())], lr: Lr, options: another_lr),
        s => new Muon([new(s.model.parameters())], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.Muon([new(s.model.parameters())], options),
        s => torch.optim.Muon([new(s.model.parameters())], lr: Lr, momentum: Momentum),
        s => new Muon([new(s.model)], options), s => new Muon([new(s.model)], lr: Lr, options: another_lr),
        s => new Muon([new(s.model)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.Muon([new(s.model)], options), s => torch.optim.Muon([new(s.model)], lr: Lr, momentum: Momentum),
        s => new Muon([new(s.list)], options), s => new Muon([new(s.list)], lr: Lr, options: another_lr),
        s => new Muon([new(s.list)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.Muon([new(s.list)], options), s => torch.optim.Muon([new(s.list)], lr: Lr, momentum: Momentum),
        s => new Muon([new(s.dict)], options), s => new Muon([new(s.dict)], lr: Lr, options: another_lr),
        s => new Muon([new(s.dict)], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.Muon([new(s.dict)], options), s => torch.optim.Muon([new(s.dict)], lr: Lr, momentum: Momentum),
        s => new Muon([new() { Parameters = s.model.parameters() }], options),
        s => new Muon([new() { Parameters = s.model.parameters() }], lr: Lr, options: another_lr),
        s => new Muon([new() { Parameters = s.model.parameters() }], new() { LearningRate = Lr, momentum = Momentum }),
        s => torch.optim.Muon([new() { Parameters = s.model.parameters() }], options),
        s => torch.optim.Muon([new() { Parameters = s.model.parameters() }], lr: Lr, momentum: Momentum),
    ];

    protected override Func<MatrixOptimizer>[] Empty =>
    [
        () => new Muon([]), () => new Muon([], options), () => new Muon([], Lr), () => new Muon([], lr: Lr, options: options),
        () => torch.optim.Muon([]), () => torch.optim.Muon([], options), () => torch.optim.Muon([], lr: Lr, momentum: Momentum),
    ];

    protected override Func<Sources, MatrixOptimizer>[] TwoGroups =>
    [
        s => new Muon([new([s.p1], lr: 1e-3), new([s.p2], new() { weight_decay = 0.25 })], Lr),
        s => new Muon([new([s.p1], 1e-3), new() { Parameters = [s.p2], Options = new() { weight_decay = 0.25 } }], options),
        s => torch.optim.Muon([new([("a", s.p1)], lr: 1e-3), new([("b", s.p2)], lr: Lr, options: new() { weight_decay = 0.25 })]),
        s => torch.optim.Muon(
            [
                new Muon.ParamGroup { Parameters = [s.p1], Options = new() { LearningRate = 1e-3 } },
                new Muon.ParamGroup { Parameters = [s.p2], Options = new() { weight_decay = 0.25 } },
            ], lr: Lr),
    ];
}
