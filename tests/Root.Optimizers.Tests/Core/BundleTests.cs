using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>What steps together steps as each parameter alone, whichever of them have a gradient.</summary>
public class BundleTests
{
    private static readonly Dictionary<string, Func<(string, Parameter)[], MatrixOptimizer>> Optimizers = new()
    {
        ["root"] = p => new RootOptimizer(p, 0.02, new() { learn_coefficients = false, cautious = true }),
        ["muon"] = p => new Muon(p, new Muon.Options { LearningRate = 0.02, weight_decay = 0.1 }),
        ["fallback"] = p => new Muon(p, new Muon.Options { LearningRate = 0.02, route = _ => Route.AdamW }),
        ["manifold"] = p => new ManifoldMuon(p, new ManifoldMuon.Options { LearningRate = 0.02, momentum = 0.9 }),
        ["spheres"] = p => new HypersphericalDescent(p, new HypersphericalDescent.Options { LearningRate = 0.02, momentum = 0.9 }),
    };

    public static TheoryData<string, ScalarType, bool> Cases => [.. from kind in Optimizers.Keys
        from type in new[] { ScalarType.Float32, ScalarType.BFloat16 }
        from deferred in new[] { false, true }
        select (kind, type, deferred)];

    [Theory, MemberData(nameof(Cases))]
    public void A_step_is_that_of_each_parameter_alone(string kind, ScalarType type, bool deferred)
    {
        (string, Parameter)[] Fresh()
        {
            random.manual_seed(1);
            long[][] shapes = [[6, 9], [6, 9], [9, 6], [6, 9], [6, 3, 3], [6, 1, 3, 3], [5], [7], [5]];
            return [.. shapes.Select((shape, i) => ($"{i}.weight", Models.Parameter(type, shape)))];
        }
        var (together, alone) = (Fresh(), Fresh());
        using var all = Optimizers[kind](together);
        var each = alone.Select(p => Optimizers[kind]([p])).ToArray();
        foreach (var optimizer in each.Append(all)) optimizer.DefersFiniteCheck = deferred;
        var some = new Random(2);
        for (var step = 0; step < 12; step++)
        {
            for (var i = 0; i < together.Length; i++)
            {
                var gradient = randn(together[i].Item2.shape);
                together[i].Item2.grad = null;
                if (step > 2 && some.Next(3) == 0) continue;
                Models.Gradient(together[i].Item2, gradient);
                Models.Gradient(alone[i].Item2, gradient);
                each[i].step();
            }
            all.step();
            // Between the steps somebody sets a weight.
            if (step == 6)
                using (no_grad())
                    foreach (var parameters in new[] { together, alone }) parameters[1].Item2.mul_(0.5);
        }
        foreach (var ((_, expected), (_, actual)) in alone.Zip(together))
            Close.Exactly(expected.detach(), actual.detach());
        foreach (var optimizer in each) optimizer.Dispose();
    }

    [Fact]
    public void Moving_the_state_and_back_loses_nothing()
    {
        var parameters = new[] { Models.Parameter(6, 9), Models.Parameter(6, 9), Models.Parameter(5), Models.Parameter(4) };
        using var optimizer = new RootOptimizer(parameters);
        Models.RandomGradients(parameters);
        optimizer.step();
        var before = Saving.FileBytes(optimizer);
        foreach (var state in optimizer.state_dict().State) state.to(CPU);
        Assert.Equal(before, Saving.FileBytes(optimizer));
        optimizer.step();
        Assert.NotEqual(before, Saving.FileBytes(optimizer));
    }
}
