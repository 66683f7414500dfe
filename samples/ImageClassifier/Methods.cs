using System.Globalization;
using Root.Optimizers;
using Shared;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ImageClassifier;

/// <summary>One way to train: an optimizer with its peak learning rate for either model.</summary>
public sealed record Method(string Name, double TransformerRate, double ResNetRate, Func<nn.Module, double, OptimizerHelper> Optimizer);

/// <summary>
/// The learning rates are the best of a grid by the accuracy after an epoch of 12,000 images of Fashion-MNIST, seed 1, libtorch 2.10.
/// The transformer: adamw 2e-3 0.702, 4e-3 0.714, 8e-3 0.710; from 8e-3 in factors of 2 muon-momentum-0.9 0.798, 0.810, 0.809, 0.796;
/// root 0.792, 0.798, 0.795, 0.780; recommended 0.801, 0.813, 0.810, 0.800; muon from 1.6e-2 on 0.797, 0.801, 0.784. The resnet, with
/// width 8 and one thread: adamw 4e-3 0.818, 8e-3 0.831, 1.6e-2 0.819; from 8e-3 on muon 0.845, 0.853, 0.852; muon-momentum-0.9 0.850,
/// 0.861, 0.852; root 0.843, 0.856, 0.844; recommended 0.853, 0.860, 0.855. root-published has root's rate.
/// </summary>
public static class Methods
{
    private const double Decay = 0.1;

    public static IReadOnlyList<Method> All { get; } =
    [
        new("adamw", 4e-3, 8e-3, (model, lr) => optim.AdamW(model.parameters(), lr, weight_decay: Decay)),
        new("muon", 3.2e-2, 1.6e-2, (model, lr) => optim.Muon(model, lr, Decay, lr_scale: LrScale.MatchAdamWRms)),
        new("muon-momentum-0.9", 1.6e-2, 1.6e-2,
            (model, lr) => optim.Muon(model, lr, Decay, momentum: 0.9, lr_scale: LrScale.MatchAdamWRms)),
        new("root", 1.6e-2, 1.6e-2, (model, lr) => optim.ROOT(model, lr, Decay)),
        new("recommended", 1.6e-2, 1.6e-2, Recommended),
        new("root-published", 1.6e-2, 1.6e-2, (model, lr) => new RootOptimizer(model, lr, RootOptimizer.Options.Published())),
    ];

    /// <summary>ROOT at the quantiles of the paper's ablation, and without its outlier split.</summary>
    public static IReadOnlyList<Method> Ablation { get; } =
    [
        .. new[] { 0.80, 0.85, 0.90, 0.95, 0.99, 1 }.Select(q => Find("root") with
        {
            Name = q < 1 ? string.Create(CultureInfo.InvariantCulture, $"quantile {q:0.00}") : "no split",
            Optimizer = (model, lr) => optim.ROOT(model, lr, Decay, outlier_quantile: q),
        }),
    ];

    /// <summary>By their names with commas between them; each once.</summary>
    public static IReadOnlyList<Method> Of(string names) =>
        [.. names.Split(',', StringSplitOptions.TrimEntries).Distinct().Select(Find)];

    private static RootOptimizer Recommended(nn.Module model, double lr)
    {
        var options = RootOptimizer.Options.Recommended();
        options.weight_decay = Decay;
        return new(model, lr, options);
    }

    private static Method Find(string name) => All.FirstOrDefault(m => m.Name == name)
        ?? throw new UserException($"--optimizers {name}: of {string.Join(", ", All.Select(m => m.Name))}.",
            UserException.Usage);
}
