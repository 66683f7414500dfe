using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>A parameter whose gradient has become exactly 0 comes to rest.</summary>
public class StaleMomentumTests
{
    public static TheoryData<string, double> Cases => [.. from kind in new[] { "root", "muon", "exact", "spheres", "modular" }
        from scale in new[] { 1, 1e-30 } select (kind, scale)];

    private static MatrixOptimizer Make(string kind, Parameter parameter) => kind switch
    {
        "root" => new RootOptimizer([parameter], lr: 1e-3, new() { weight_decay = 0 }),
        "muon" => new Muon([parameter], lr: 1e-3, new() { weight_decay = 0, lr_scale = LrScale.MatchAdamWRms }),
        "exact" => new ManifoldMuon([parameter], lr: 1e-3, new() { momentum = 0.95 }),
        "spheres" => new HypersphericalDescent([parameter], lr: 1e-3, new() { momentum = 0.95 }),
        _ => new ModularDescent(Root.Optimizers.Modular.ModularBudget.FromTree(Root.Optimizers.Modular.Atom.Linear(parameter)), lr: 1e-3,
            new() { momentum = 0.95 }),
    };

    [Theory, Slow, MemberData(nameof(Cases))]
    public void It_moves_for_some_three_hundred_steps_and_never_again(string kind, double scale)
    {
        random.manual_seed(1);
        var parameter = Models.Parameter(6, 9);
        using var optimizer = Make(kind, parameter);
        Models.Gradient(parameter, randn(6, 9) * scale);
        optimizer.step();
        parameter.grad!.zero_();
        for (var step = 0; step < 400; step++) optimizer.step();
        var rest = parameter.detach().clone();
        var manifold = kind is "exact" or "spheres";
        for (var step = 0; step < (kind is "root" or "muon" ? 19_600 : 1_600); step++) optimizer.step();
        // On manifolds the rounding of a retraction moves it.
        Close.To(rest, parameter.detach(), manifold ? 1e-4 : 0, $"{kind} {scale}"); // observed 2.3e-5
        Assert.Equal(0, optimizer.Slots.OfType<Optimizers.Core.MatrixSlot>().Single().State.momentum_buffer.abs().max().item<float>());
    }

    [Fact, Slow]
    public void The_way_is_short()
    {
        random.manual_seed(1);
        var parameter = new Parameter(zeros(16, 24).OnDevice());
        using var optimizer = Make("root", parameter);
        Models.Gradient(parameter, randn(16, 24));
        optimizer.step();
        parameter.grad!.zero_();
        for (var step = 0; step < 2000; step++) optimizer.step();
        Assert.InRange(parameter.square().mean().sqrt().item<float>(), 0.05f, 0.08f); // observed 0.063
    }

    [Theory, Slow, InlineData(false), InlineData(true)]
    public void A_block_of_a_split_matrix_comes_to_rest_beside_live_ones(bool byColumns)
    {
        random.manual_seed(1);
        var parameter = Models.Parameter(12, 12);
        using var optimizer = new Muon([parameter], lr: 1e-3,
            new() { weight_decay = 0, split = byColumns ? Split.ColumnsInto(2) : Split.Into(2) });
        Tensor Dead(Tensor x) => x.narrow(byColumns ? 1 : 0, 0, 6);
        Models.RandomGradients([parameter]);
        optimizer.step();
        for (var step = 0; step < 600; step++)
        {
            if (step == 400) Assert.NotEqual(0, Dead(parameter.detach()).abs().max().item<float>());
            Models.RandomGradients([parameter]);
            Dead(parameter.grad!).zero_();
            optimizer.step();
        }
        var rest = parameter.detach().clone();
        optimizer.step();
        Close.Exactly(Dead(rest).contiguous(), Dead(parameter.detach()).contiguous());
        Assert.NotEqual(0, Close.Difference(rest, parameter.detach()));
    }

    [Fact]
    public void A_gradient_that_shrinks_is_never_taken_for_none()
    {
        random.manual_seed(1);
        var parameter = Models.Parameter(6, 4);
        using var optimizer = new Muon([parameter], lr: 1e-3, new() { weight_decay = 0, precision = Precision.Float32 });
        var G = randn(6, 4);
        for (var step = 0; step < 600; step++)
        {
            Models.Gradient(parameter, G * Math.Pow(0.9, step)); // down to 1e-27
            var before = parameter.detach().clone();
            optimizer.step();
            Assert.True(Close.Difference(before, parameter.detach()) > 1e-5, $"step {step}");
        }
    }

    [Fact]
    public void Resuming_while_momentum_is_stale_gives_the_unbroken_run()
    {
        Parameter Fresh()
        {
            random.manual_seed(1);
            return Models.Parameter(6, 4);
        }
        var (unbroken, first) = (Fresh(), Fresh());
        using var reference = Make("muon", unbroken);
        using var before = Make("muon", first);
        foreach (var (optimizer, parameter) in new[] { (reference, unbroken), (before, first) })
        {
            random.manual_seed(2);
            Models.RandomGradients([parameter]);
            optimizer.step();
            parameter.grad!.zero_();
            for (var step = 0; step < 200; step++) optimizer.step();
        }
        var resumed = new Parameter(first.detach().clone());
        using var after = Make("muon", resumed);
        Saving.Load(after, Saving.Bytes(before));
        resumed.grad = zeros_like(resumed);
        for (var step = 0; step < 200; step++) { reference.step(); after.step(); }
        Close.Exactly(unbroken.detach(), resumed.detach());
    }

    [Theory, InlineData("embedding"), InlineData("unit rows"), InlineData("unit columns")]
    public void A_vector_that_is_normalized_by_itself_comes_to_rest_beside_live_ones(string kind)
    {
        random.manual_seed(1);
        var parameter = Models.Parameter(6, 6);
        using MatrixOptimizer optimizer = kind switch
        {
            "embedding" => new ModularDescent(Root.Optimizers.Modular.ModularBudget.FromTree(
                Root.Optimizers.Modular.Atom.Embedding(parameter)), lr: 1e-2),
            "unit rows" => new HypersphericalDescent([parameter], lr: 1e-2, new() { manifold = Manifold.UnitRows, momentum = 0.9 }),
            _ => new HypersphericalDescent([parameter], lr: 1e-2, new() { manifold = Manifold.UnitColumns, momentum = 0.9 }),
        };
        Tensor Dead(Tensor x) => x.narrow(kind == "unit columns" ? 1 : 0, 0, 1);
        for (var step = 0; step < 400; step++)
        {
            Models.RandomGradients([parameter]);
            if (step > 0) Dead(parameter.grad!).zero_();
            optimizer.step();
        }
        var rest = parameter.detach().clone();
        Models.RandomGradients([parameter]);
        Dead(parameter.grad!).zero_();
        for (var step = 0; step < 50; step++) optimizer.step();
        Close.To(Dead(rest), Dead(parameter.detach()), 1e-6, kind); // observed 0 and what a retraction rounds
        Assert.True(Close.Difference(rest, parameter.detach()) > 1e-2);
    }
}
