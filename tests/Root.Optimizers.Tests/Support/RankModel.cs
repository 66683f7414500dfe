using System.Collections.Concurrent;
using System.Security.Cryptography;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Modular;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Support;

/// <summary>
/// A small model for ranks that are threads: its weights and gradients are functions of a seed, as TorchSharp's generator is the whole
/// process's. It has equal matrices of both orientations, a batch of kernels, fused projections of unequal sides, 16-bit weights, a
/// transposed view, small vectors, and tables that are large enough to be cut.
/// </summary>
public static class RankModel
{
    private static readonly (string name, ScalarType type, long[] shape)[] Shapes =
    [
        ("a.weight", ScalarType.Float32, [12, 20]), ("b.weight", ScalarType.Float32, [20, 12]), ("c.weight", ScalarType.Float32, [12, 20]),
        ("conv.weight", ScalarType.Float32, [8, 3, 3, 3]), ("d.weight", ScalarType.Float32, [32, 32]),
        ("half.weight", ScalarType.BFloat16, [12, 20]), ("half.bias", ScalarType.BFloat16, [20]),
        ("embed.weight", ScalarType.Float32, [380, 24]), ("half.embed.weight", ScalarType.BFloat16, [300, 32]),
        ("norm.weight", ScalarType.Float32, [20]), ("norm.bias", ScalarType.Float32, [20]), ("wide.weight", ScalarType.Float64, [9, 16]),
        ("turned.weight", ScalarType.Float32, [16, 24]), ("qkv.weight", ScalarType.Float32, [24, 12]),
        ("qkv2.weight", ScalarType.Float32, [24, 12]), ("tail.bias", ScalarType.Float32, [12]),
    ];

    private static readonly Dictionary<string, Func<(string, Parameter)[], IProcessGroup?, MatrixOptimizer>> Optimizers = new()
    {
        ["root"] = (p, ranks) => new RootOptimizer(Groups<RootOptimizer.Options>(p), 0.02,
            new() { cautious = true, coefficients = new CoefficientTable(), precision = Precision.Float32 }, ranks),
        ["root, bfloat16"] = (p, ranks) => new RootOptimizer(Groups<RootOptimizer.Options>(p), 0.02,
            new() { coefficients = new CoefficientTable(), precision = Precision.BFloat16 }, ranks),
        ["root, published"] = (p, ranks) => new RootOptimizer(p, 0.02, RootOptimizer.Options.Published(), ranks),
        ["muon"] = (p, ranks) => new Muon(Groups<Muon.Options>(p), 0.02, process_group: ranks),
        ["muon, normalized"] = (p, ranks) => new Muon(Groups<Muon.Options>(p), 0.02,
            new() { normuon_beta2 = 0.95, row_balance = RowBalance.Rows, radial_brake = true }, ranks),
        ["manifold"] = (p, ranks) => new ManifoldMuon(p, 0.02, new() { momentum = 0.9 }, ranks),
        ["dual ascent"] = (p, ranks) => new ManifoldMuon(p, 0.02, new() { solver = new StiefelSolver.DualAscent(Steps: 3) }, ranks),
        ["spel"] = (p, ranks) => new ManifoldMuon(p, 0.02, new() { solver = new StiefelSolver.Spel() }, ranks),
        ["spheres"] = (p, ranks) => new HypersphericalDescent(p, 0.02, new() { momentum = 0.9 }, ranks),
        ["modular"] = (p, ranks) =>
        {
            var network = nn.Sequential(("a", Linear(p[0].Item2)), ("act", nn.ReLU()), ("b", Linear(p[1].Item2)), ("act2", nn.ReLU()),
                ("c", Linear(p[2].Item2)));
            var optimizer = new ModularDescent(network, ModularBudget.FromSequential(network), 0.02, process_group: ranks);
            optimizer.add_param_group(new ModularDescent.ParamGroup([p[7], p[9], p[10]]));
            return optimizer;
        },
    };

    /// <summary>Every optimizer, and what of it is another path.</summary>
    public static IEnumerable<string> Kinds => Optimizers.Keys;

    /// <summary>Fused projections of unequal sides are a group of their own, with other options.</summary>
    private static IEnumerable<MatrixOptimizer<TOptions>.ParamGroup> Groups<TOptions>((string, Parameter)[] p)
        where TOptions : MatrixOptions, new() =>
        [new(p[..^3]), new(p[^3..], new TOptions { split = Split.Rows(12, 6, 6), momentum = 0.8, LearningRate = 0.01 })];

    private static Linear Linear(Parameter weight)
    {
        var linear = nn.Linear(weight.shape[1], weight.shape[0], hasBias: false);
        linear.weight = weight;
        return linear;
    }

    /// <summary>The parameters as they are at first.</summary>
    public static Parameter[] Parameters(int seed = 1)
    {
        using var scope = NewDisposeScope();
        return [.. Shapes.Select((of, i) => (Parameter)new Parameter(of.name.StartsWith("turned", StringComparison.Ordinal)
            ? Values([of.shape[1], of.shape[0]], seed + i).t()
            : Values(of.shape, seed + i).to(of.type)).DetachFromDisposeScope())];
    }

    /// <summary>An optimizer over parameters, in a group of ranks or alone.</summary>
    public static MatrixOptimizer Make(string kind, Parameter[] parameters, IProcessGroup? ranks = null) =>
        Optimizers[kind]([.. Shapes.Select(of => of.name).Zip(parameters)], ranks);

    /// <summary>Sets the gradients of a step, which follow from its number: of one parameter none at every third, and of another none for
    /// the first five.</summary>
    public static void Gradients(Parameter[] parameters, int step)
    {
        var gradients = AllGradients.GetOrAdd(step, Made).Value;
        for (var i = 0; i < parameters.Length; i++)
            parameters[i].grad = (i == 1 && step % 3 == 1) || (i == 2 && step < 5) ? null : gradients[i];
    }

    /// <summary>Sets the gradients of a rank's part of a step's data, which may be changed.</summary>
    public static void PartGradients(Parameter[] parameters, int step, int rank, int ranks)
    {
        Gradients(parameters, step * ranks + rank);
        foreach (var parameter in parameters) parameter.grad = parameter.grad?.clone();
    }

    /// <summary>Sets the means of the gradients of all ranks' parts.</summary>
    public static void MeanGradients(Parameter[] parameters, int step, int ranks)
    {
        using var scope = NewDisposeScope();
        var sums = new Tensor?[parameters.Length];
        for (var rank = 0; rank < ranks; rank++)
        {
            Gradients(parameters, step * ranks + rank);
            for (var i = 0; i < sums.Length; i++)
                if (parameters[i].grad?.to(parameters[i].dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32) is { } part)
                    sums[i] = sums[i] is { } sum ? sum + part : part;
        }
        foreach (var (parameter, sum) in parameters.Zip(sums)) parameter.grad = sum?.div(ranks).to(parameter.dtype);
    }

    /// <summary>Made once: steps only read them.</summary>
    private static readonly ConcurrentDictionary<int, Lazy<Tensor[]>> AllGradients = [];

    private static Lazy<Tensor[]> Made(int step) => new(() =>
    {
        using var scope = NewDisposeScope();
        return [.. Shapes.Select((of, i) => Values(of.shape, 1000 * step + i).to(of.type).DetachFromDisposeScope())];
    });

    /// <summary>The SHA-256 of all parameters' bytes.</summary>
    public static string Hash(IEnumerable<Parameter> parameters)
    {
        using var scope = NewDisposeScope();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var parameter in parameters) hash.AppendData(parameter.detach().contiguous().bytes);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static Tensor Values(long[] shape, int seed)
    {
        var random = new Random(seed);
        var count = shape.Aggregate(1L, (product, side) => product * side);
        return tensor([.. Enumerable.Range(0, (int)count).Select(_ => (float)(random.NextDouble() * 2 - 1))]).view(shape);
    }
}
