using System.CommandLine;
using System.Security.Cryptography;
using Root.Optimizers.Manifolds.Tangent;
using Root.Optimizers.Modular;
using Shared;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Digest;

/// <summary>
/// ./run bench digest: a hash of every optimizer's parameters after steps over a mixed model. Its bits are those of one processor
/// and one libtorch; run at two commits on one machine it shows whether a change of the code changed any result.
/// </summary>
internal static class DigestCommand
{
    private static readonly (string name, Func<IReadOnlyList<Named>, MatrixOptimizer> make)[] Optimizers =
    [
        ("root", p => new RootOptimizer(
            [new RootOptimizer.ParamGroup(p.Where(NotFused)),
                new RootOptimizer.ParamGroup(p.Where(Fused), new() { split = 3, momentum = 0.9, weight_decay = 0 })],
            new RootOptimizer.Options { LearningRate = 0.02, cautious = true })),
        ("root, published", p => new RootOptimizer(p.Tuples(), 0.02, RootOptimizer.Options.Published())),
        ("root, five steps, float32", p => new RootOptimizer(p.Tuples(), new RootOptimizer.Options
            { LearningRate = 0.02, ns_steps = 5, precision = Precision.Float32, lr_scale = LrScale.KellerJordan,
                exact_quantile = true, nesterov = false })),
        ("muon", p => new Muon(
            [new Muon.ParamGroup(p.Where(NotFused)), new Muon.ParamGroup(p.Where(Fused), new() { split = 3, nesterov = false })],
            new Muon.Options { LearningRate = 0.02, fallback_lr_factor = 0.5, fallback_weight_decay = 0 })),
        ("manifold muon", p => new ManifoldMuon(p.Tuples(), new ManifoldMuon.Options { momentum = 0.5 })),
        ("manifold muon, polynomial, modular radius", p => new ManifoldMuon(p.Tuples(),
            new ManifoldMuon.Options { solver = new StiefelSolver.Exact(TangentForm.Polynomial), radius = Radius.Modular })),
        ("manifold muon, dual ascent", p => new ManifoldMuon(p.Tuples().Take(4),
            new ManifoldMuon.Options { solver = new StiefelSolver.DualAscent(Steps: 10), LearningRate = 0.01 })),
        ("manifold muon, unconstrained", p => new ManifoldMuon(p.Tuples(),
            new ManifoldMuon.Options { manifold = Manifold.Euclidean, LearningRate = 0.01, weight_decay = 0.1 })),
        ("spheres", p => new HypersphericalDescent(p.Tuples(), new HypersphericalDescent.Options { momentum = 0.5 })),
        ("unit rows", p => new HypersphericalDescent(p.Tuples(), new HypersphericalDescent.Options { manifold = Manifold.UnitRows })),
    ];

    public static Command Create()
    {
        var steps = new Option<int>("--steps") { Description = "of each optimizer", DefaultValueFactory = _ => 60 };
        var json = new Option<string?>("--json") { Description = "file for the hashes" };
        var command = new Command("digest", "A hash of every optimizer's parameters after steps over a mixed model.") { steps, json };
        command.SetAction(given => Run(given.GetValue(steps), given.GetValue(json)));
        return command;
    }

    private static int Run(int steps, string? json)
    {
        if (steps < 1) throw new UserException($"--steps {steps}: must be 1 or more.", UserException.Usage);
        var hashes = ProgressDisplay.Run((Optimizers.Length + 1) * steps, progress =>
        {
            var hashes = new Dictionary<string, string>();
            foreach (var (name, make) in Optimizers)
            {
                progress.Begin(name);
                manual_seed(1);
                var parameters = MixedModel();
                using var optimizer = make(parameters);
                hashes[name] = Hash(optimizer, steps, progress.Step);
            }
            const string last = "modular descent";
            progress.Begin(last);
            manual_seed(1);
            using var model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 40, hasBias: false), nn.ReLU(),
                nn.Linear(40, 10));
            using var descent = new ModularDescent(model, ModularBudget.FromSequential(model));
            hashes[last] = Hash(descent, steps, progress.Step);
            return hashes;
        });
        foreach (var (name, hash) in hashes) Console.WriteLine($"{name,-44} {hash}");
        if (json is not null) ResultFile.Write(json, new { machine = Machine.Describe(), steps, hashes });
        return 0;
    }

    private static string Hash(MatrixOptimizer optimizer, int steps, Action stepped)
    {
        var parameters = optimizer.parameters().ToArray();
        for (var step = 1; step <= steps; step++)
        {
            using var scope = NewDisposeScope();
            foreach (var parameter in parameters)
                // From every seventh step on the last parameter has no gradient, so that batches differ in their members' steps.
                parameter.grad = ReferenceEquals(parameter, parameters[^1]) && step % 7 == 0 ? null
                    : (randn(parameter.shape) * 0.1 + ones(parameter.shape) * 0.02).to(parameter.dtype);
            optimizer.step();
            stepped();
        }
        var hash = SHA256.HashData(parameters.SelectMany(p => p.detach().bytes.ToArray()).ToArray());
        return Convert.ToHexStringLower(hash)[..16];
    }

    /// <summary>All routes, shapes of every kind and both orientations, and the 16-bit and the wide type.</summary>
    private static List<Named> MixedModel() =>
    [
        Make("block.0.weight", [24, 40]), Make("block.1.weight", [40, 24]), Make("block.2.weight", [24, 40]),
            Make("square.weight", [32, 32]),
        Make("qkv.weight", [72, 24]), Make("conv.weight", [8, 3, 3, 3]), Make("large.weight", [256, 512]),
            Make("large.tall.weight", [512, 256]),
        Make("half.weight", [24, 32], ScalarType.BFloat16), Make("wide.weight", [10, 12], ScalarType.Float64),
        Make("embed.weight", [50, 24]), Make("lm_head.weight", [50, 24]), Make("norm.weight", [24]), Make("block.0.bias", [24]),
        Make("late.weight", [24, 40]),
    ];

    private static Named Make(string name, long[] shape, ScalarType type = ScalarType.Float32) =>
        new(name, new Parameter(randn(shape).mul_(0.1).to(type)));

    private static bool Fused(Named named) => named.Name == "qkv.weight";

    private static bool NotFused(Named named) => !Fused(named);

    private static IEnumerable<(string, Parameter)> Tuples(this IEnumerable<Named> named) => named.Select(n => (n.Name, n.Parameter));

    private static IEnumerable<(string, Parameter)> Where(this IReadOnlyList<Named> named, Func<Named, bool> which) =>
        named.AsEnumerable().Where(which).Tuples();

    private sealed record Named(string Name, Parameter Parameter);
}
