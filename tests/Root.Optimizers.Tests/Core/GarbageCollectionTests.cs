using System.Text;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>
/// Other threads allocate: data loaders, loggers, progress bars. Whatever a step hands to native code must outlive the call. With
/// TorchSharp's implicit scalars a step threw in three of four runs of this test.
/// </summary>
public class GarbageCollectionTests
{
    private const int Collections = 3_000;

    [Fact, Slow]
    public void Steps_beside_an_allocating_thread_never_throw()
    {
        static Parameter[] Parameters() => [Models.Parameter(6, 4), Models.Parameter(4, 6), Models.Parameter(5)];
        MatrixOptimizer[] optimizers =
        [
            new RootOptimizer(Parameters(), lr: 1e-3, new() { cautious = true }),
            new Muon(Parameters(), lr: 1e-3),
            new ManifoldMuon(Parameters(), lr: 1e-3, new() { momentum = 0.9 }),
            new ManifoldMuon(Parameters(), lr: 1e-3, new() { solver = new StiefelSolver.DualAscent(Steps: 3) }),
            new HypersphericalDescent(Parameters(), lr: 1e-3),
        ];
        foreach (var optimizer in optimizers) Models.RandomGradients(optimizer.parameters());
        using var done = new CancellationTokenSource();
        var other = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.KeepAlive(Encoding.UTF8.GetBytes(string.Join(",", Enumerable.Range(0, 500))));
                GC.Collect(0);
                Thread.SpinWait(100_000); // so that the steps get on between collections
            }
        });
        other.Start();
        try
        {
            var first = GC.CollectionCount(0);
            while (GC.CollectionCount(0) - first < Collections)
                foreach (var optimizer in optimizers)
                    optimizer.step();
        }
        finally
        {
            done.Cancel();
            other.Join();
        }
        foreach (var optimizer in optimizers)
        {
            Assert.All(optimizer.parameters(), p => Assert.True(p.isfinite().all().item<bool>()));
            optimizer.Dispose();
        }
    }
}
