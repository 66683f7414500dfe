using Root.Optimizers.Core;
using Root.Optimizers.Core.State;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>What a GPU does with a gradient that is not finite, by the same code on the test's device.</summary>
public class DeferredFiniteTests
{
    private static readonly Dictionary<string, Func<Parameter[], MatrixOptimizer>> Optimizers = new()
    {
        ["root"] = p => new RootOptimizer(p),
        ["root, cautious"] = p => new RootOptimizer(p, new RootOptimizer.Options { cautious = true, outlier_quantile = 1 }),
        ["muon"] = p => new Muon(p),
        ["manifold muon"] = p => new ManifoldMuon(p),
        ["spheres"] = p => new HypersphericalDescent(p),
    };

    public static TheoryData<string, float> Cases => new(
        from name in Optimizers.Keys from bad in new[] { float.NaN, float.PositiveInfinity } select (name, bad));

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_step_with_a_gradient_that_is_not_finite_changes_nothing_and_a_later_one_tells(string name, float bad)
    {
        manual_seed(31);
        Parameter[] parameters = [Models.Parameter(24, 40), Models.Parameter(40, 24), Models.Parameter(40, 24), Models.Parameter(7)];
        using var optimizer = Optimizers[name](parameters);
        optimizer.DefersFiniteCheck = true;
        Models.RandomGradients(parameters);
        optimizer.step();
        var before = Everything(optimizer, parameters);

        Models.RandomGradients(parameters);
        parameters[1].grad![3, 5] = bad;
        optimizer.step();
        var after = Everything(optimizer, parameters);
        Assert.Equal(before.Length, after.Length);
        for (var i = 0; i < before.Length; i++) Close.Exactly(before[i], after[i]);

        Models.RandomGradients(parameters);
        if (TestDevice.Device.type == DeviceType.CUDA) cuda.synchronize();
        var error = Assert.Throws<NotFiniteNumberException>(() => optimizer.step());
        Assert.StartsWith("A gradient of the step before held NaN, infinity", error.Message);
        var untouched = Everything(optimizer, parameters);
        for (var i = 0; i < before.Length; i++) Close.Exactly(before[i], untouched[i]);

        optimizer.step();
        Assert.NotEqual(0, Close.Difference(before[0], parameters[0]));
        Assert.All(Everything(optimizer, parameters), t => Assert.True(t.isfinite().all().item<bool>()));
    }

    [Fact]
    public void Finite_gradients_give_the_same_step_as_where_the_host_looks()
    {
        manual_seed(32);
        Parameter[] a = [Models.Parameter(24, 40), Models.Parameter(40)], b = a.Select(p => new Parameter(p.detach().clone())).ToArray();
        using var deferred = new RootOptimizer(a);
        using var immediate = new RootOptimizer(b);
        deferred.DefersFiniteCheck = true;
        immediate.DefersFiniteCheck = false;
        for (var step = 0; step < 6; step++)
        {
            Models.RandomGradients(a);
            for (var i = 0; i < a.Length; i++) Models.Gradient(b[i], a[i].grad!);
            deferred.step();
            immediate.step();
        }
        for (var i = 0; i < a.Length; i++) Close.Exactly(b[i].detach(), a[i].detach());
    }

    [Fact]
    public void A_lost_step_that_refits_leaves_the_coefficients()
    {
        manual_seed(33);
        var parameter = Models.Parameter(24, 40);
        using var optimizer = new RootOptimizer([parameter]);
        optimizer.DefersFiniteCheck = true;
        for (var step = 1; step <= 4; step++)
        {
            Models.RandomGradients([parameter]);
            optimizer.step();
        }
        var before = optimizer.Coefficients.For(24, 40, 4);
        Models.Gradient(parameter, full(24, 40, double.NaN));
        optimizer.step(); // the fifth is due to refit
        Assert.Equal(before, optimizer.Coefficients.For(24, 40, 4));
    }

    [Fact]
    public void Deferred_steps_leak_nothing()
    {
        manual_seed(34);
        Parameter[] parameters = [Models.Parameter(24, 40), Models.Parameter(40)];
        using var optimizer = new Muon(parameters);
        optimizer.DefersFiniteCheck = true;
        Models.RandomGradients(parameters);
        optimizer.step();
        var live = LiveTensors.Count;
        for (var step = 0; step < 100; step++) optimizer.step();
        Assert.Equal(live, LiveTensors.Count);
    }

    /// <summary>Parameters, momenta and moments.</summary>
    private static Tensor[] Everything(MatrixOptimizer optimizer, Parameter[] parameters) =>
        parameters.Select(p => p.detach().clone())
            .Concat(optimizer.state_dict().State.SelectMany(state => state switch
            {
                MatrixState s => new[] { s.momentum_buffer.clone() },
                AdamWState s => [s.exp_avg.clone(), s.exp_avg_sq.clone()],
                _ => [],
            })).ToArray();
}
