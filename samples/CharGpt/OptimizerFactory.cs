using Root.Optimizers;
using Shared;
using TorchSharp;
using TorchSharp.Modules;

namespace CharGpt;

/// <summary>
/// The optimizers that can be chosen by name, each with the learning rate and weight decay that suit this model. The
/// rates are the best of those tried with seed 1, by validation loss: root, 300 steps: 4e-3 1.683, 8e-3 1.648, 1.2e-2
/// 1.648; adamw, 120 steps: 2e-3 2.17, 4e-3 2.17, 8e-3 2.26; sgd, 120 steps: 0.1 2.76, 0.4 diverges.
/// </summary>
public static class OptimizerFactory
{
    private delegate OptimizerHelper Create(Gpt model, double lr, double weightDecay, IProcessGroup? group);

    private static readonly Dictionary<string, (double LearningRate, double WeightDecay, Create Create)> Known = new()
    {
        ["root"] = (8e-3, 0.1, (model, lr, decay, group) =>
            new RootOptimizer(model, lr, new() { weight_decay = decay }, group)),
        ["root-published"] = (8e-3, 0.1, (model, lr, decay, group) =>
            new RootOptimizer(model, lr, Published(decay), group)),
        // The learning rate and scale of root, so that what differs is the step alone.
        ["muon"] = (8e-3, 0.1, (model, lr, decay, group) =>
            new Muon(model, lr, new() { weight_decay = decay, lr_scale = LrScale.MatchAdamWRms }, group)),
        ["adamw"] = (4e-3, 0.1, (model, lr, decay, _) => AdamW(model, lr, decay)),
        ["sgd"] = (0.1, 0, (model, lr, decay, _) =>
            torch.optim.SGD(model.parameters(), lr, momentum: 0.9, weight_decay: decay, nesterov: true)),
    };

    private static RootOptimizer.Options Published(double decay)
    {
        var options = RootOptimizer.Options.Published();
        options.weight_decay = decay;
        return options;
    }

    public static IReadOnlyCollection<string> Names => Known.Keys;

    /// <summary>The options with the optimizer's own learning rate and weight decay where none are given.</summary>
    public static TrainOptions WithDefaults(TrainOptions options)
    {
        var (learningRate, weightDecay, _) = Find(options.Optimizer);
        return options with
        {
            LearningRate = options.LearningRate ?? learningRate,
            WeightDecay = options.WeightDecay ?? weightDecay,
        };
    }

    /// <param name="group">The ranks that share the work and state of the library's optimizers; TorchSharp's do all on each.</param>
    public static OptimizerHelper Make(Gpt model, TrainOptions options, IProcessGroup? group = null)
    {
        options = WithDefaults(options);
        try
        {
            return Find(options.Optimizer).Create(model, options.LearningRate!.Value, options.WeightDecay!.Value, group);
        }
        catch (ArgumentException e)
        {
            throw new UserException($"--optimizer {options.Optimizer}: {e.Message}", UserException.Usage);
        }
    }

    private static (double LearningRate, double WeightDecay, Create Create) Find(string name) =>
        Known.TryGetValue(name, out var found)
            ? found
            : throw new UserException($"--optimizer {name}: one of {string.Join(", ", Names)}.", UserException.Usage);

    // As GPT-3's authors have it: betas (0.9, 0.95), and decay on matrices only.
    private static AdamW AdamW(Gpt model, double lr, double decay)
    {
        var parameters = model.parameters().ToLookup(parameter => parameter.dim() >= 2);
        return torch.optim.AdamW(
            [
                new AdamW.ParamGroup(parameters[true], lr, 0.9, 0.95, weight_decay: decay),
                new AdamW.ParamGroup(parameters[false], lr, 0.9, 0.95),
            ],
            lr);
    }
}
