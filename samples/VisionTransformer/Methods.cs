using System.Globalization;
using CharGpt;
using Root.Optimizers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace VisionTransformer;

/// <summary>One way to train: an optimizer with its peak learning rate.</summary>
public sealed record Method(string Name, double LearningRate, Func<nn.Module, double, OptimizerHelper> Optimizer);

public static class Methods
{
    private const double Decay = 0.1;

    public static IReadOnlyList<Method> All { get; } =
    [
        new("adamw", 3e-3, (model, lr) => optim.AdamW(model.parameters(), lr, weight_decay: Decay)),
        new("muon", 3e-3, (model, lr) => new Muon(model, lr, Decay, lr_scale: LrScale.MatchAdamWRms)),
        new("root", 3e-3, (model, lr) => new RootOptimizer(model, lr, Decay)),
        new("root-published", 3e-3, (model, lr) => RootOptimizer.Published(model, lr, Decay)),
    ];

    /// <summary>ROOT at the quantiles of the paper's ablation, and without its outlier split.</summary>
    public static IReadOnlyList<Method> Ablation { get; } =
    [
        .. new[] { 0.80, 0.85, 0.90, 0.95, 0.99, 1 }.Select(q => new Method(
            q < 1 ? string.Create(CultureInfo.InvariantCulture, $"quantile {q:0.00}") : "no split",
            Find("root").LearningRate, (model, lr) => new RootOptimizer(model, lr, Decay, outlier_quantile: q))),
    ];

    public static Method Find(string name) => All.FirstOrDefault(m => m.Name == name)
        ?? throw new UserException($"--optimizers {name}: of {string.Join(", ", All.Select(m => m.Name))}.",
            UserException.Usage);
}
