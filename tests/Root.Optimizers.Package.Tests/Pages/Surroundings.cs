using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Package.Tests.Pages;

/// <summary>What the blocks on the pages take for granted: a small model, data and a loss. New for each block.</summary>
public static class Surroundings
{
    public static Sequential model { get; private set; } = null!;
    public static AdamW adamw { get; private set; } = null!;
    public static Func<RoutedParameter, Route>? route { get; set; }
    public static (Tensor inputs, Tensor targets)[] batches { get; private set; } = null!;
    public static (Tensor inputs, Tensor targets)[] shuffled => batches;
    public static Tensor inputs => batches[0].inputs;
    public static Tensor targets => batches[0].targets;
    public static RootOptimizer.Options options => new() { LearningRate = 2e-3 };
    public static RootOptimizer optimizer { get; private set; } = null!;
    public static StepDiagnostics diagnostics { get; } = new();
    public const int stepsTaken = 4;
    public const int steps = 10;

    public static Tensor loss(nn.Module<Tensor, Tensor> model, (Tensor inputs, Tensor targets) batch) =>
        nn.functional.cross_entropy(model.forward(batch.inputs), batch.targets);

    public static double Evaluate(nn.Module<Tensor, Tensor> model)
    {
        using var none = no_grad();
        return loss(model, batches[0]).item<float>();
    }

    /// <summary>In the folder at hand, a run that is to be resumed.</summary>
    public static void Renew()
    {
        random.manual_seed(1);
        model = nn.Sequential(("hidden", nn.Linear(8, 16)), ("relu", nn.ReLU()), ("middle", nn.Linear(16, 16)), ("head", nn.Linear(16, 4)));
        batches = [.. Enumerable.Range(0, 4).Select(_ => (randn(8, 8), randint(4, [8])))];
        adamw = optim.AdamW(model.parameters());
        optimizer = new RootOptimizer(model, lr: 2e-3);
        route = null;
        foreach (var stepped in (optim.Optimizer[])[adamw, optimizer])
        {
            stepped.zero_grad();
            loss(model, batches[0]).backward();
            stepped.step();
        }
        adamw.save_state_dict("adamw.bin");
    }
}
