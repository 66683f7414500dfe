using Root.Optimizers.AdaNewton;
using Root.Optimizers.Modular;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Support;

/// <summary>A small model that has every case of a step: both routes, groups, equal matrices in one batch and in both orientations, parts,
/// kernels, 16-bit weights with their masters, wide ones, a weight that joins late and one that skips steps.</summary>
public static class MixedModel
{
    private static readonly Dictionary<string, Func<(string, Parameter)[], MatrixOptimizer>> Optimizers = new()
    {
        ["root"] = p => new RootOptimizer([new(p[..^2]), new(p[^2..], new() { split = 3, momentum = 0.9, LearningRate = 0.01 })],
            0.02, new() { cautious = true, coefficients = new CoefficientTable() }),
        ["root, published"] = p => new RootOptimizer(p, 0.02, RootOptimizer.Options.Published()),
        ["root, recommended"] = p => new RootOptimizer(p, 0.02, RootOptimizer.Options.Recommended()),
        ["muon"] = p => new Muon([new(p[..^2]), new(p[^2..], new() { split = 3, nesterov = false })], 0.02),
        ["manifold"] = p => new ManifoldMuon(p, 0.02, new() { momentum = 0.9 }),
        ["dual ascent"] = p => new ManifoldMuon(p, 0.02, new() { momentum = 0.9, solver = new StiefelSolver.DualAscent(Steps: 3) }),
        ["spheres"] = p => new HypersphericalDescent(p, 0.02, new() { momentum = 0.9 }),
    };

    /// <summary>Optimizers by name; each is made over the same model, but for the modular one.</summary>
    public static TheoryData<string> Kinds => [.. Optimizers.Keys, "modular"];

    private static nn.Module<Tensor, Tensor> Network() => nn.Sequential(("conv", nn.Conv2d(3, 8, 3)), ("act", nn.ReLU()),
        ("flat", nn.Flatten()), ("hidden", nn.Linear(32, 12, hasBias: false)), ("act2", nn.ReLU()), ("out", nn.Linear(12, 10)));

    /// <summary>The parameters, of these values or seeded ones, and an optimizer over them.</summary>
    public static (Parameter[] parameters, MatrixOptimizer optimizer) Make(string kind, Tensor[]? values = null)
    {
        random.manual_seed(5);
        if (kind == "modular")
        {
            var network = Network();
            if (values is not null)
                using (no_grad())
                    foreach (var (parameter, value) in network.parameters().Zip(values)) parameter.copy_(value);
            return ([.. network.parameters()], new ModularDescent(network, ModularBudget.FromSequential(network),
                new() { LearningRate = 0.02 }));
        }
        (string name, ScalarType type, long[] shape)[] model =
        [
            ("a.weight", ScalarType.Float32, [6, 9]), ("b.weight", ScalarType.Float32, [9, 6]), ("c.weight", ScalarType.Float32, [6, 9]),
            ("conv.weight", ScalarType.Float32, [4, 2, 3, 3]), ("half.weight", ScalarType.BFloat16, [6, 9]),
            ("half.bias", ScalarType.BFloat16, [6]), ("wide.weight", ScalarType.Float64, [5, 7]), ("a.bias", ScalarType.Float32, [6]),
            ("embed.weight", ScalarType.Float32, [11, 6]), ("qkv.weight", ScalarType.Float32, [18, 6]),
            ("late.weight", ScalarType.BFloat16, [18, 6]),
        ];
        var named = model.Select((of, i) => (of.name, values is null ? Models.Parameter(of.type, of.shape)
            : new Parameter(values[i].clone()))).ToArray();
        return ([.. named.Select(n => n.Item2)], Optimizers[kind](named));
    }

    /// <summary>Random gradients; of the last parameter none for seven steps, and of the second none at every third.</summary>
    public static void Gradients(Parameter[] parameters, int step)
    {
        Models.RandomGradients(parameters);
        if (step < 7) parameters[^1].grad = null;
        if (step % 3 == 1) parameters[1].grad = null;
    }
}
