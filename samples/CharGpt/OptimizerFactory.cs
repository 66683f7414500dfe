using Root.Optimizers;
using TorchSharp;
using TorchSharp.Modules;

namespace CharGpt;

/// <summary>The optimizers that can be chosen by name, each with a learning rate that suits this model.</summary>
public static class OptimizerFactory
{
    private delegate OptimizerHelper Create(Gpt model, double lr, double weightDecay);

    private static readonly Dictionary<string, (double LearningRate, Create Create)> Known = new()
    {
        ["root"] = (2e-3, (model, lr, decay) => new RootOptimizer(model, lr: lr, weight_decay: decay)),
        ["adamw"] = (2e-3, AdamW),
        ["sgd"] = (0.1, (model, lr, decay) =>
            torch.optim.SGD(model.parameters(), lr, momentum: 0.9, weight_decay: decay, nesterov: true)),
    };

    public static IReadOnlyCollection<string> Names => Known.Keys;

    public static double DefaultLearningRate(string name) => Known[name].LearningRate;

    public static OptimizerHelper Make(Gpt model, TrainOptions options) => Known[options.Optimizer].Create(
        model, options.LearningRate ?? DefaultLearningRate(options.Optimizer), options.WeightDecay);

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
