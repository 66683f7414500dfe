using Root.Optimizers.Manifolds.Tangent;
using Root.Optimizers.Modular;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>
/// Steps over meta tensors, which have shapes and no data: one that reads a number on the host throws, as on a GPU it would wait
/// for all work in flight. What libtorch has no meta kernels for is left out: abs (the outlier split, spheres),
/// solve_triangular (Stiefel weights of more than twice as many rows as columns), where (the check for finite gradients).
/// </summary>
public class MetaStepTests
{
    private static readonly Dictionary<string, Func<MatrixOptimizer>> Optimizers = new()
    {
        ["root"] = () => new RootOptimizer(All(), new RootOptimizer.Options { outlier_quantile = 1, learn_coefficients = false }),
        ["root in float32"] = () => new RootOptimizer(All(), new RootOptimizer.Options
            { outlier_quantile = 1, learn_coefficients = false, ns_steps = 5, precision = Precision.Float32 }),
        ["muon"] = () => new Muon(All()),
        ["muon, cautious and split"] = () => new Muon(All(), new Muon.Options { cautious = true, split = 2 }),
        ["muon, balanced"] = () => new Muon(All(), new Muon.Options { row_balance = RowBalance.Both, normuon_beta2 = 0.95 }),
        ["muon, braked"] = () => new Muon(All(), new Muon.Options { radial_brake = true, cautious = true }),
        ["muon in bfloat16"] = () => new Muon(All(), new Muon.Options { precision = Precision.BFloat16 }),
        ["manifold muon, whole space"] = () => Stiefel(Meta(24, 40), Meta(40, 24), Meta(8, 5, 1, 1), Meta(7)),
        ["manifold muon, spel"] = () => new ManifoldMuon(All(), new ManifoldMuon.Options { solver = new StiefelSolver.Spel() }),
        ["manifold muon, unconstrained"] = () => new ManifoldMuon(All(), new ManifoldMuon.Options { manifold = Manifold.Euclidean }),
        ["modular descent"] = () =>
        {
            var model = nn.Sequential(nn.Linear(12, 20, device: META), nn.ReLU(), nn.Linear(20, 4, device: META));
            return new ModularDescent(model, ModularBudget.FromSequential(model));
        },
    };

    public static TheoryData<string> Names => new(Optimizers.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_step_reads_nothing_on_the_host(string name)
    {
        using var optimizer = Optimizers[name]();
        for (var step = 0; step < 3; step++)
        {
            foreach (var parameter in optimizer.parameters()) parameter.grad = empty(parameter.shape, device: META);
            optimizer.step();
        }
    }

    private static Parameter[] All() => [Meta(24, 40), Meta(40, 24), Meta(300, 400), Meta(40, 24), Meta(8, 3, 3, 3), Meta(7)];

    private static Parameter Meta(params long[] shape) => new(empty(shape, device: META));

    private static ManifoldMuon Stiefel(params Parameter[] parameters) =>
        new(parameters, new ManifoldMuon.Options { solver = new StiefelSolver.Exact(TangentForm.Polynomial) });
}
