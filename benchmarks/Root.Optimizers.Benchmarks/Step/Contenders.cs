using Root.Optimizers.AdaNewton;
using Root.Optimizers.Orthogonalization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Step;

/// <summary>Something to time.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Step">Takes a step.</param>
/// <param name="Gflop">Of its matrix products; asked for when the steps are done, since learning may change them.</param>
/// <param name="Type">The type that they are in.</param>
/// <param name="Learns">Whether some steps refit the coefficients.</param>
internal sealed record Contender(string Name, Action Step, Func<double> Gflop, ScalarType Type, bool Learns = false);

/// <summary>The optimizers that are compared, over the same parameters, which are disposed with them.</summary>
internal sealed class Contenders : IDisposable
{
    public const string Baseline = "muon_plain_bf16", Reference = "root_reference";

    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly Stack<IDisposable> _owned = [];
    private readonly RootOptimizer _root;

    public Contenders(IReadOnlyList<Parameter> parameters)
    {
        _parameters = parameters;
        foreach (var parameter in parameters) Own(parameter);
        _root = new(parameters);
        All =
        [
            new(Baseline, Own(new PlainMuon(parameters, ScalarType.BFloat16)).Step, FivePlain, ScalarType.BFloat16),
            new(Reference, Own(new RootReference(parameters)).Step, FivePlain, ScalarType.Float32),
            AdamW("adamw", optim.AdamW(parameters, 1e-3, weight_decay: 0.1)),
            // Every matrix to its AdamW: what the fallback costs.
            AdamW("adamw_fallback", new Muon(parameters, new Muon.Options { route = _ => Route.AdamW })),
            Muon("muon", new(parameters), ScalarType.BFloat16),
            Muon("muon_float32", new(parameters, new Muon.Options { precision = Precision.Float32 }), ScalarType.Float32),
            Root("root", _root, ScalarType.BFloat16) with { Learns = true },
            Root("root_four_steps", new(parameters, new RootOptimizer.Options { ns_steps = 4 }), ScalarType.BFloat16, steps: 4)
                with { Learns = true },
            Root("root_shipped", new(parameters, new RootOptimizer.Options { ns_steps = 3, learn_coefficients = false }),
                ScalarType.BFloat16),
            Root("root_float32", new(parameters, new RootOptimizer.Options { precision = Precision.Float32 }), ScalarType.Float32)
                with { Learns = true },
            // CPUs multiply float16 slowly.
            .. parameters[0].device_type == DeviceType.CUDA
                ? [Root("root_float16", new(parameters, new RootOptimizer.Options { precision = Precision.Float16 }), ScalarType.Float16)
                    with { Learns = true }]
                : Array.Empty<Contender>(),
            Root("root_published", new(parameters, RootOptimizer.Options.Published()), ScalarType.BFloat16, steps: 5),
        ];
    }

    /// <summary>In the order in which they take their steps.</summary>
    public IReadOnlyList<Contender> All { get; }

    /// <summary>Of all parameters.</summary>
    public long Entries => _parameters.Sum(p => p.numel());

    /// <summary>What root has learned: shape and l of the schedule, which is made for singular values from l on.</summary>
    public IEnumerable<string> Learned => ((CoefficientTable)_root.Coefficients).Entries
        .Where(e => e.entry.Step is not null)
        .Select(e => FormattableString.Invariant($"{e.shorter}x{e.longer} {e.entry.Schedule.Lower:0.####}"));

    public void Dispose()
    {
        foreach (var owned in _owned) owned.Dispose();
    }

    private Contender AdamW(string name, OptimizerHelper optimizer) => new(name, Steps(optimizer), () => 0, ScalarType.Float32);

    private Contender Muon(string name, Muon optimizer, ScalarType type) => new(name, Steps(optimizer),
        () => Gflop(NewtonSchulzForm.Automatic, (_, _) => PublishedSchedules.Muon(), type), type);

    private Contender Root(string name, RootOptimizer optimizer, ScalarType type, int steps = 3) => new(name, Steps(optimizer),
        () => Gflop(NewtonSchulzForm.Automatic, (m, n) => optimizer.Coefficients.For(m, n, steps).ForType(type), type), type);

    private Action Steps(OptimizerHelper optimizer)
    {
        Own(optimizer);
        return () => optimizer.step();
    }

    /// <summary>Of the baselines.</summary>
    private double FivePlain() => Gflop(NewtonSchulzForm.Plain, (_, _) => PublishedSchedules.Muon(), ScalarType.Float32);

    /// <summary>GFLOP of the products of a step, counted as whole ones.</summary>
    private double Gflop(NewtonSchulzForm form, Func<long, long, NewtonSchulzSchedule> schedule, ScalarType type) => _parameters.Sum(p =>
    {
        var (m, n) = (p.shape[0], p.shape[1]);
        return 2e-9 * Math.Pow(Math.Min(m, n), 3) * NewtonSchulz.Products(form, schedule(m, n), m, n, type);
    });

    private T Own<T>(T owned) where T : IDisposable
    {
        _owned.Push(owned);
        return owned;
    }
}
