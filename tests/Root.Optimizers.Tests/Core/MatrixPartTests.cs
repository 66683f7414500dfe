using Root.Optimizers.AdaNewton;
using Root.Optimizers.Core;
using Root.Optimizers.Manifolds;
using Root.Optimizers.Modular;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>A parameter that is several matrices steps as each of them alone.</summary>
public class MatrixPartTests
{
    private static readonly Dictionary<string, (long[] shape, int batchDims, Split split, Func<Tensor, Tensor[]> matrices)> Layouts = new()
    {
        ["stacked experts"] = ([4, 12, 20], 1, 1, x => [.. x.unbind()]),
        ["two dimensions of a batch"] = ([2, 3, 6, 5], 2, 1, x => [.. x.reshape(6, 6, 5).unbind()]),
        ["grouped attention"] = ([48, 10], 0, Split.Rows(32, 8, 8), x => [x.narrow(0, 0, 32), x.narrow(0, 32, 8), x.narrow(0, 40, 8)]),
        ["heads of queries, keys and values"] = ([48, 10], 0, 6, x => [.. x.chunk(6, 0)]),
        ["an output projection by head"] = ([10, 24], 0, Split.ColumnsInto(3), x => [.. x.chunk(3, 1)]),
        ["unequal columns"] = ([10, 24], 0, Split.Columns(4, 4, 16), x => [x.narrow(1, 0, 4), x.narrow(1, 4, 4), x.narrow(1, 8, 16)]),
        ["fused experts"] = ([3, 14, 9], 1, Split.Rows(8, 6),
            x => [.. x.unbind().SelectMany(e => new[] { e.narrow(0, 0, 8), e.narrow(0, 8, 6) })]),
        ["experts by columns"] = ([3, 8, 10], 1, Split.ColumnsInto(2), x => [.. x.unbind().SelectMany(e => e.chunk(2, 1))]),
        ["a convolution's two halves"] = ([8, 3, 3, 3], 0, 2, x => [.. x.reshape(8, 27).chunk(2, 0)]),
    };

    public static TheoryData<string, string, bool> Cases => [.. from kind in new[] { "root", "muon", "exact", "spheres" }
        from layout in Layouts.Keys from transposed in new[] { false, true } select (kind, layout, transposed)];

    private static MatrixOptimizer Make(string kind, IEnumerable<Parameter> parameters, int batchDims, Split split)
    {
        T With<T>(T options) where T : MatrixOptions
        {
            (options.batch_dims, options.split, options.weight_decay, options.momentum) = (batchDims, split, 0.1, 0.9);
            (options.LearningRate, options.route) = (0.02, _ => Route.Matrix);
            return options;
        }
        return kind switch
        {
            "root" => new RootOptimizer(parameters, With(new RootOptimizer.Options { learn_coefficients = false })),
            "muon" => new Muon(parameters, With(new Muon.Options())),
            "exact" => new ManifoldMuon(parameters, With(new ManifoldMuon.Options { radius = Radius.Modular })),
            _ => new HypersphericalDescent(parameters, With(new HypersphericalDescent.Options())),
        };
    }

    [Theory, MemberData(nameof(Cases))]
    public void It_steps_as_its_matrices_alone(string kind, string layout, bool transposed)
    {
        var (shape, batchDims, split, matrices) = Layouts[layout];
        random.manual_seed(1);
        var start = randn(shape).OnDevice();
        // A parameter whose memory lies the other way round.
        var whole = new Parameter(transposed ? start.transpose(-1, -2).contiguous().transpose(-1, -2) : start.clone());
        var alone = matrices(start).Select(m => new Parameter(m.clone())).ToArray();
        using var one = Make(kind, [whole], batchDims, split);
        using var many = Make(kind, alone, 0, 1);
        for (var step = 0; step < 3; step++)
        {
            var gradient = randn(shape).OnDevice();
            Models.Gradient(whole, gradient);
            foreach (var (parameter, part) in alone.Zip(matrices(gradient))) Models.Gradient(parameter, part.clone());
            one.step();
            many.step();
        }
        foreach (var (part, parameter) in matrices(whole.detach()).Zip(alone))
            Close.To(parameter.detach(), part, 2e-6, $"{kind} {layout}"); // observed 1.2e-7
    }

    [Fact]
    public void Experts_end_with_all_their_singular_values_near_1()
    {
        random.manual_seed(2);
        var parameter = new Parameter(zeros(4, 12, 20).OnDevice());
        using var optimizer = new RootOptimizer([parameter], lr: 1,
            new() { batch_dims = 1, weight_decay = 0, lr_scale = LrScale.None, ns_steps = 4 });
        Models.RandomGradients([parameter]);
        optimizer.step();
        foreach (var expert in parameter.detach().cpu().unbind())
            Assert.All(linalg.svdvals(expert).data<float>().ToArray(), s => Assert.InRange(s, 0.7f, 1.3f)); // the widest schedule's bound
    }

    [Fact]
    public void Orthonormal_experts_are_left_where_they_are()
    {
        var experts = Manifold.Stiefel.Nearest(randn(3, 8, 5).OnDevice());
        var parameter = new Parameter(experts.clone());
        using var optimizer = new ManifoldMuon([parameter], new ManifoldMuon.Options { batch_dims = 1 });
        Assert.False(Assert.Single(optimizer.Placements).Moved);
        Close.Exactly(experts, parameter.detach());
    }

    [Fact]
    public void Modular_descent_steps_stacked_layers_and_split_ones_each_by_its_norm()
    {
        random.manual_seed(3);
        var (experts, fused) = (Models.Parameter(3, 6, 4), Models.Parameter(12, 4));
        using var optimizer = new ModularDescent(ModularBudget.FromTree(Atom.Linear(experts) >> Atom.Linear(fused)), lr: 1,
            new() { momentum = 0, batch_dims_of = p => p.Shape.Count - 2, split_of = p => p.Shape[0] == 12 ? 2 : 1 });
        Models.RandomGradients([experts, fused]);
        var before = new[] { experts, fused }.Select(p => p.detach().clone()).ToArray();
        optimizer.step();
        foreach (var moved in (before[0] - experts.detach()).unbind().Concat((before[1] - fused.detach()).chunk(2, 0)))
        {
            // Half of the learning rate each, at sqrt(out/in).
            var singular = linalg.svdvals(moved.cpu()).data<float>().ToArray();
            Assert.All(singular, s => Assert.Equal(0.5 * Math.Sqrt(6.0 / 4), s, 1e-4));
        }
    }

    [Fact]
    public void Buffers_of_other_shapes_belong_to_each_part()
    {
        var parameter = Models.Parameter(14, 9);
        using var optimizer = new Muon([parameter], new Muon.Options { split = Split.Rows(8, 6) });
        var slot = optimizer.Slots.OfType<MatrixSlot>().Single();
        Assert.Equal(["8x9", "6x9"], slot.Parts.Select(part => part.ToString()));
        Assert.Equal("8x9 + 6x9", optimizer.Routing[0].Matrices);
        Assert.Contains("8x9 + 6x9", optimizer.Routing.ToString());
    }

    public static TheoryData<string, Muon.Options> Impossible => new()
    {
        { "(10, 4)", new() { split = 3 } },
        { "Rows(4, 4)", new() { split = Split.Rows(4, 4) } },
        { "Rows(12, -2)", new() { split = Split.Rows(12, -2) } },
        { "columns", new() { split = Split.Columns(3, 3) } },
        { "after 1 of a batch", new() { batch_dims = 1, route = _ => Route.Matrix } },
        { "batch_dims", new() { batch_dims = -1 } },
        { "split", new() { split = null! } },
    };

    [Theory, MemberData(nameof(Impossible))]
    public void What_cannot_be_cut_so_is_refused(string named, Muon.Options options) =>
        Assert.Contains(named, Assert.ThrowsAny<ArgumentException>(() => new Muon([("w", Models.Parameter(10, 4))], options)).Message);

    [Fact]
    public void KellerJordans_factor_takes_the_outputs_side()
    {
        // (out, in * 9) of a convolution, (in, out * 9) of a transposed one.
        foreach (var (module, factor) in new (nn.Module, double)[]
            { ((nn.Module)nn.Linear(4, 9, hasBias: false, device: TestDevice.Device), Math.Sqrt(9 / 4.0)),
                (nn.ConvTranspose2d(2, 3, 3, bias: false, device: TestDevice.Device), Math.Sqrt(27 / 2.0)) })
        {
            var parameter = module.parameters().Single();
            using var optimizer = new Muon(module, lr: 1, new() { weight_decay = 0, precision = Precision.Float32,
                coefficients = Coefficients.Fixed(PublishedSchedules.PolarExpress(8)) });
            var before = parameter.detach().clone();
            Models.RandomGradients([parameter]);
            optimizer.step();
            var moved = (before - parameter.detach()).reshape(parameter.shape[0], -1).cpu();
            Assert.All(linalg.svdvals(moved).data<float>().ToArray(), s => Assert.Equal(factor, s, 1e-3));
        }
    }
}
