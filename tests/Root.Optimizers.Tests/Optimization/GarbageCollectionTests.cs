using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Optimization;

/// <summary>
/// Other threads allocate: data loaders, loggers, progress bars. Whatever a step hands to native code must outlive the call. With
/// implicit scalars about one step in a hundred collections throws, or the process dies.
/// </summary>
public class GarbageCollectionTests
{
    private const int Collections = 3_000;

    public static TheoryData<string> Kinds => ["root", "muon", "exact", "dual ascent", "spheres"];

    [Theory, Slow, MemberData(nameof(Kinds))]
    public void Steps_beside_an_allocating_thread_never_throw(string kind)
    {
        Parameter[] parameters = [Models.Parameter(6, 4), Models.Parameter(4, 6), Models.Parameter(5)];
        using MatrixOptimizer optimizer = kind switch
        {
            "root" => new RootOptimizer(parameters, lr: 1e-3, new() { cautious = true }),
            "muon" => new Muon(parameters, lr: 1e-3),
            "exact" => new ManifoldMuon(parameters, lr: 1e-3, new() { momentum = 0.9 }),
            "dual ascent" => new ManifoldMuon(parameters, lr: 1e-3, new() { solver = new StiefelSolver.DualAscent(Steps: 3) }),
            _ => new HypersphericalDescent(parameters, lr: 1e-3),
        };
        Models.RandomGradients(parameters);
        using var done = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.KeepAlive(string.Join(",", Enumerable.Range(0, 500)));
                GC.Collect(0);
            }
        });
        collector.Start();
        try
        {
            var first = GC.CollectionCount(0);
            while (GC.CollectionCount(0) - first < Collections) optimizer.step();
        }
        finally
        {
            done.Cancel();
            collector.Join();
        }
        Assert.All(parameters, p => Assert.True(p.isfinite().all().item<bool>()));
    }
}
