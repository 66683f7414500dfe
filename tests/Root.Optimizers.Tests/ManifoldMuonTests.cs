using Root.Optimizers.Manifolds;
using Root.Optimizers.Manifolds.Tangent;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests;

public class ManifoldMuonTests
{
    private static ManifoldMuon Over(Parameter[] parameters, ManifoldMuon.Options? options = null) =>
        new(parameters, options ?? new());

    private static float[] SingularValues(Parameter parameter) =>
        linalg.svdvals(parameter.detach().cpu().to(float32).reshape(parameter.shape[0], -1)).data<float>().ToArray();

    [Theory, Slow]
    [InlineData(Precision.Float32, "fp32", 2e-5)] // observed 1.4e-6
    [InlineData(Precision.BFloat16, "bf16", 3e-2)] // observed 7.8e-3
    public void With_the_dual_ascent_a_step_is_the_published_one(Precision precision, string name, double tolerance)
    {
        var vectors = new Vectors("manifold");
        foreach (var item in vectors.Items)
        {
            var parameter = new Parameter(vectors[item + "/W"].OnDevice());
            using var optimizer = Over([parameter], new()
                { LearningRate = vectors[item + "/eta"].item<float>(), solver = new StiefelSolver.DualAscent(Sign: precision) });
            Models.Gradient(parameter, vectors[item + "/G"]);
            optimizer.step();
            Close.To(vectors[$"{item}/new_W_{name}"], parameter.detach(), tolerance, $"{item} {name}");
            Assert.InRange(Assert.Single(optimizer.DualAscentReports).Iterations, 1, 100);
        }
    }

    [Fact]
    public void The_exact_solver_is_the_formula_and_lr_the_spectral_length()
    {
        random.manual_seed(1);
        foreach (var radius in new[] { Radius.One, Radius.Modular })
        {
            var parameter = Models.Parameter(20, 8);
            using var optimizer = Over([parameter], new() { LearningRate = 0.3, radius = radius });
            var r = radius == Radius.One ? 1 : Math.Sqrt(20.0 / 8);
            var W = parameter.detach().clone() / r;
            Models.RandomGradients([parameter]);
            var A = StiefelTangent.Direction(W, parameter.grad!);
            optimizer.step();
            Close.To(r * Stiefel.Retract(W, A, 0.3), parameter.detach(), 1e-6);
            Assert.All(SingularValues(parameter), s => Assert.Equal(r, s, 5e-6));
            Assert.Empty(optimizer.DualAscentReports);
        }
    }

    [Theory, Slow]
    [InlineData(0.01)]
    [InlineData(1.0)]
    public void Weights_of_every_shape_stay_on_their_manifold(double lr)
    {
        random.manual_seed(2);
        Parameter[] parameters = [Models.Parameter(6, 6), Models.Parameter(7, 6), Models.Parameter(5, 12),
            Models.Parameter(9, 1),
            Models.Parameter(1, 9), Models.Parameter(8, 3, 3, 3), Models.Parameter(3)];
        using var optimizer = Over(parameters, new()
        {
            LearningRate = lr,
            momentum = 0.9,
            route = p => p.Shape.Count > 1 ? Route.Matrix : Route.AdamW, // vectors are AdamW's otherwise
        });
        Assert.Equal(6, optimizer.Placements.Count);
        Assert.All(optimizer.Placements, p =>
            Assert.True(p.Moved && p.Distance > 0.1 && p.Manifold == Manifold.Stiefel));
        for (var step = 0; step < 300; step++)
        {
            Models.RandomGradients(parameters);
            optimizer.step();
        }
        foreach (var parameter in parameters[..^1])
            Assert.True(Manifold.Stiefel.Distance(parameter.detach().reshape(parameter.shape[0], -1)) <= 1e-6); // observed 1e-7
    }

    [Theory]
    [InlineData(ScalarType.Float64, 1e-14)] // observed below 1e-15
    [InlineData(ScalarType.BFloat16, 1e-2)] // observed 2.5e-3
    public void Other_types_stay_as_near_as_they_can(ScalarType type, double tolerance)
    {
        random.manual_seed(3);
        var parameter = Models.Parameter(type, 12, 7);
        using var optimizer = Over([parameter], new() { momentum = 0.5 });
        for (var step = 0; step < 50; step++)
        {
            Models.RandomGradients([parameter]);
            optimizer.step();
        }
        Assert.Equal(type, parameter.dtype);
        var W = parameter.detach();
        Assert.True(Manifold.Stiefel.Distance(type == ScalarType.BFloat16 ? W.to(float32) : W) <= tolerance);
    }

    [Fact]
    public void Weights_in_place_are_left_and_those_off_it_can_be_refused()
    {
        random.manual_seed(4);
        var on = new Parameter(Manifold.Stiefel.Nearest(randn(9, 4).OnDevice()));
        var before = on.detach().clone();
        using var optimizer = optim.ManifoldMuon([on], initialize: false);
        Close.Exactly(before, on.detach());
        Assert.False(Assert.Single(optimizer.Placements).Moved);

        var off = Models.Parameter(9, 4);
        before = off.detach().clone();
        var error = Assert.Throws<ArgumentException>(() => optim.ManifoldMuon([("w", off)], initialize: false));
        Assert.Contains("'w'", error.Message);
        Assert.Contains("Stiefel", error.Message);
        Close.Exactly(before, off.detach());
        Assert.Throws<ArgumentException>(() => optimizer.add_param_group(new ManifoldMuon.ParamGroup([off])));
        Assert.Single(optimizer.ParamGroups);
        Assert.Throws<ArgumentException>(() => new ManifoldMuon([new Parameter(full([3, 2], float.NaN))]));
    }

    [Fact]
    public void Weights_changed_before_the_first_step_are_moved_again()
    {
        var parameter = Models.Parameter(9, 4);
        using var optimizer = new ManifoldMuon([parameter]);
        using (no_grad()) parameter.copy_(randn(9, 4));
        Models.RandomGradients([parameter]);
        optimizer.step();
        Assert.True(Manifold.Stiefel.Distance(parameter.detach()) <= 1e-6);
    }

    [Fact]
    public void Manifolds_are_chosen_by_group_and_by_predicate()
    {
        random.manual_seed(5);
        (string name, Parameter parameter)[] named = [("a", Models.Parameter(6, 4)), ("rows", Models.Parameter(6, 4)),
            ("columns", Models.Parameter(6, 4)), ("whole", Models.Parameter(6, 4)), ("free", Models.Parameter(6, 4)),
            ("embed.weight", Models.Parameter(6, 4))];
        using var optimizer = new ManifoldMuon(named, new ManifoldMuon.Options
        {
            manifold_of = p => p.Name switch
            {
                "rows" or "embed.weight" => Manifold.UnitRows,
                "columns" => Manifold.UnitColumns,
                "whole" => Manifold.Sphere,
                "free" => Manifold.Euclidean,
                _ => Manifold.Stiefel,
            },
            route = p => p.Name == "embed.weight" ? Route.Matrix : p.Route,
        });
        var free = named[4].parameter.detach().clone();
        for (var step = 0; step < 5; step++)
        {
            Models.RandomGradients(named.Select(p => p.parameter));
            optimizer.step();
            if (step == 0) Assert.Equal(0.1, linalg.svdvals(free - named[4].parameter.detach())[0].item<float>(), 1e-5);
        }
        double Off(int i, Manifold manifold) => manifold.Distance(named[i].parameter.detach());
        Assert.True(Manifold.Stiefel.Distance(named[0].parameter.detach()) < 1e-6);
        Assert.True(Off(1, Manifold.UnitRows) < 1e-6 && Off(2, Manifold.UnitColumns) < 1e-6
            && Off(3, Manifold.Sphere) < 1e-6 && Off(5, Manifold.UnitRows) < 1e-6);
        Assert.Contains("UnitRows", optimizer.Placements[1].ToString());
        Assert.Throws<ArgumentNullException>(() => Over([Models.Parameter(2, 3)], new() { manifold = null! }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Weights_without_a_constraint_take_Muons_step_and_decay_as_cautiously(bool cautious)
    {
        random.manual_seed(9);
        var parameter = Models.Parameter(6, 4);
        using var optimizer = Over([parameter], new()
            { LearningRate = 0.1, weight_decay = 0.5, cautious = cautious, manifold = Manifold.Euclidean });
        var W = parameter.detach().to(float64);
        Models.RandomGradients([parameter]);
        var (U, _, Vh) = linalg.svd(parameter.grad!.to(float64), fullMatrices: false);
        var A = U.matmul(Vh);
        var decays = cautious ? (A * W).gt(0).to(float64) : ones_like(W);
        optimizer.step();
        Close.To(W - 0.1 * 0.5 * decays * W - 0.1 * A, parameter.detach(), 1e-6); // observed 1.5e-7
    }

    [Fact]
    public void Equal_shapes_are_solved_together_as_if_alone()
    {
        Parameter[] Fresh()
        {
            random.manual_seed(6);
            return [Models.Parameter(10, 4), Models.Parameter(10, 4), Models.Parameter(4, 10)];
        }
        var (together, alone) = (Fresh(), Fresh());
        using var one = Over(together);
        var three = alone.Select(p => Over([p])).ToArray();
        random.manual_seed(7);
        for (var step = 0; step < 5; step++)
        {
            for (var i = 0; i < 3; i++)
            {
                Models.RandomGradients([together[i]]);
                Models.Gradient(alone[i], together[i].grad!);
            }
            one.step();
            foreach (var optimizer in three) optimizer.step();
        }
        for (var i = 0; i < 3; i++) Close.To(alone[i].detach(), together[i].detach(), 1e-5); // observed 0
    }

    [Fact]
    public void Zero_and_normal_gradients_change_nothing_but_rounding()
    {
        var parameter = Models.Parameter(8, 5);
        using var optimizer = new ManifoldMuon([parameter], lr: 1);
        var before = parameter.detach().clone();
        foreach (var gradient in new[] { zeros(8, 5), before * 7 })
        {
            Models.Gradient(parameter, gradient);
            optimizer.step();
            Close.To(before, parameter.detach(), 1e-6);
        }
    }

    [Theory, Slow]
    [InlineData("exact", 1e-3)] // observed 2e-5
    [InlineData("dual ascent", 2e-2)] // observed 2e-5
    public void Procrustes_converges_to_the_known_optimum(string solver, double tolerance)
    {
        // min ||W - B||_F over W^T W = I: the polar factor of B.
        random.manual_seed(8);
        var B = randn(12, 5).OnDevice();
        var optimum = Manifold.Stiefel.Nearest(B);
        var parameter = Models.Parameter(12, 5);
        using var optimizer = Over([parameter], new()
        {
            solver = solver == "exact" ? new StiefelSolver.Exact() : new StiefelSolver.DualAscent(Sign: Precision.Float32),
        });
        var scheduler = optim.lr_scheduler.LambdaLR(optimizer, step => 5 * Math.Pow(0.97, step));
        for (var step = 0; step < 300; step++)
        {
            optimizer.zero_grad();
            (parameter - B).pow(2).sum().backward();
            optimizer.step();
            scheduler.step();
        }
        Close.To(optimum, parameter.detach(), tolerance, solver);
    }

    [Fact]
    public void Every_factory_and_constructor_reaches_the_same_step()
    {
        var constructors = new Func<nn.Module<Tensor, Tensor>, ManifoldMuon>[]
        {
            m => new ManifoldMuon(m.parameters()),
            m => new ManifoldMuon(m.named_parameters()),
            m => new ManifoldMuon(m),
            m => new ManifoldMuon([new ManifoldMuon.ParamGroup(m.parameters())]),
            m => new ManifoldMuon(m.parameters(), new ManifoldMuon.Options()),
            m => new ManifoldMuon(m, new ManifoldMuon.Options()),
            m => optim.ManifoldMuon(m.parameters()),
            m => optim.ManifoldMuon(m.named_parameters()),
            m => optim.ManifoldMuon(m),
            m => optim.ManifoldMuon([new ManifoldMuon.ParamGroup(m)]),
        };
        Tensor[]? expected = null;
        foreach (var construct in constructors)
        {
            random.manual_seed(5);
            using var model = Models.Mlp();
            using var optimizer = construct(model);
            Models.RandomGradients(model.parameters());
            optimizer.step();
            var result = model.parameters().Select(p => p.detach().clone()).ToArray();
            expected ??= result;
            foreach (var (e, r) in expected.Zip(result)) Close.Exactly(e, r);
        }
    }
}
