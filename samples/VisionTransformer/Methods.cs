using System.Globalization;
using Root.Optimizers;
using Shared;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace VisionTransformer;

/// <summary>One way to train: an optimizer with its peak learning rate.</summary>
public sealed record Method(string Name, double LearningRate, Func<nn.Module, double, OptimizerHelper> Optimizer);

/// <summary>
/// The learning rates are the best of four by the accuracy after an epoch of 12,000 images of Fashion-MNIST, seed 1:
/// adamw 1e-3 0.685, 3e-3 0.714, 1e-2 0.701, 3e-2 0.620; muon 0.622, 0.744, 0.792, 0.800; root 0.620, 0.742,
/// 0.790, 0.792.
/// </summary>
public static class Methods
{
    private const double Decay = 0.1;

    public static IReadOnlyList<Method> All { get; } =
    [
        new("adamw", 3e-3, (model, lr) => optim.AdamW(model.parameters(), lr, weight_decay: Decay)),
        new("muon", 3e-2, (model, lr) => optim.Muon(model, lr, Decay, lr_scale: LrScale.MatchAdamWRms)),
        new("root", 3e-2, (model, lr) => optim.ROOT(model, lr, Decay)),
        new("root-published", 3e-2, (model, lr) => new RootOptimizer(model, lr, RootOptimizer.Options.Published())),
    ];

    /// <summary>ROOT at the quantiles of the paper's ablation, and without its outlier split.</summary>
    public static IReadOnlyList<Method> Ablation { get; } =
    [
        .. new[] { 0.80, 0.85, 0.90, 0.95, 0.99, 1 }.Select(q => new Method(
            q < 1 ? string.Create(CultureInfo.InvariantCulture, $"quantile {q:0.00}") : "no split",
            Find("root").LearningRate, (model, lr) => optim.ROOT(model, lr, Decay, outlier_quantile: q))),
    ];

    /// <summary>By their names with commas between them; each once.</summary>
    public static IReadOnlyList<Method> Of(string names) =>
        [.. names.Split(',', StringSplitOptions.TrimEntries).Distinct().Select(Find)];

    private static Method Find(string name) => All.FirstOrDefault(m => m.Name == name)
        ?? throw new UserException($"--optimizers {name}: of {string.Join(", ", All.Select(m => m.Name))}.",
            UserException.Usage);
}
