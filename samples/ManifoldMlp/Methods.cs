using Root.Optimizers;
using Shared;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ManifoldMlp;

/// <summary>One way to train: an optimizer, with the learning rates worth trying.</summary>
public sealed record Method(string Name, double[] LearningRates, Func<nn.Module, double, OptimizerHelper> Optimizer);

public static class Methods
{
    public static IReadOnlyList<Method> All { get; } =
    [
        new("adamw", [3e-3, 1e-2, 3e-2], (model, lr) => optim.AdamW(model.parameters(), lr, weight_decay: 0)),
        new("sphere", [0.03, 0.1, 0.3], (model, lr) => optim.HypersphericalDescent(model, lr)),
        new("rows", [0.03, 0.1, 0.3], (model, lr) => optim.HypersphericalDescent(model, lr, manifold: Manifold.UnitRows)),
        new("exact", [0.03, 0.1, 0.3], (model, lr) => optim.ManifoldMuon(model, lr)),
        new("dual", [0.03, 0.1, 0.3], (model, lr) => optim.ManifoldMuon(model, lr, solver: new StiefelSolver.DualAscent())),
        new("spel", [0.03, 0.1, 0.3], (model, lr) => optim.ManifoldMuon(model, lr, solver: new StiefelSolver.Spel())),
    ];

    public static Method Find(string name) => All.FirstOrDefault(m => m.Name == name)
        ?? throw new UserException($"--methods {name}: of {string.Join(", ", All.Select(m => m.Name))}.",
            UserException.Usage);
}
