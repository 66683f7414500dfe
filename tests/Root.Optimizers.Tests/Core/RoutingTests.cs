using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

public class RoutingTests
{
    private sealed class Model : nn.Module
    {
        public readonly Embedding tokens = nn.Embedding(50, 8);
        public readonly Conv2d patch_embed = nn.Conv2d(3, 8, 4);
        public readonly Linear proj = nn.Linear(8, 8);
        public readonly LayerNorm norm = nn.LayerNorm(8);
        public readonly Linear lm_head = nn.Linear(8, 50, hasBias: false);

        public Model(bool tied) : base(nameof(Model))
        {
            RegisterComponents();
            if (tied) lm_head.weight = tokens.weight!;
        }
    }

    private static Dictionary<string, Route> Routes(MatrixOptimizer optimizer) =>
        optimizer.Routing.ToDictionary(r => r.Name!, r => r.Route);

    [Fact]
    public void A_module_is_routed_by_type_and_name()
    {
        using var optimizer = new RootOptimizer(new Model(tied: false));
        Assert.Equal(new Dictionary<string, Route>
        {
            ["tokens.weight"] = Route.AdamW,
            ["patch_embed.weight"] = Route.Matrix,
            ["patch_embed.bias"] = Route.AdamW,
            ["proj.weight"] = Route.Matrix,
            ["proj.bias"] = Route.AdamW,
            ["norm.weight"] = Route.AdamW,
            ["norm.bias"] = Route.AdamW,
            ["lm_head.weight"] = Route.AdamW,
        }, Routes(optimizer));
    }

    [Fact]
    public void Tied_parameters_appear_once_and_go_to_AdamW()
    {
        foreach (var optimizer in new[] { new RootOptimizer(new Model(tied: true)),
            new RootOptimizer(new Model(tied: true).named_parameters()) })
        {
            var tied = Assert.Single(optimizer.Routing, r => r.Shape.SequenceEqual([50L, 8]));
            Assert.Equal(Route.AdamW, tied.Route);
            optimizer.Dispose();
        }
    }

    [Fact]
    public void Names_alone_tell_embeddings_and_heads()
    {
        var parameter = () => Models.Parameter(6, 8);
        using var optimizer = new RootOptimizer([
            ("tok_embed.weight", parameter()), ("blocks.0.wpe.weight", parameter()), ("pos_embedding", parameter()),
            ("lm_head.weight", parameter()), ("blocks.0.attn.output.weight", parameter()), ("patch_embed.proj.weight", parameter()),
        ]);
        Assert.Equal([Route.AdamW, Route.AdamW, Route.AdamW, Route.AdamW, Route.Matrix, Route.Matrix],
            optimizer.Routing.Select(r => r.Route));
    }

    [Fact]
    public void Of_tensors_alone_large_vocabularies_are_told_by_size()
    {
        using var optimizer = new RootOptimizer([
            Models.Parameter(10_000, 2), Models.Parameter(9_999, 2), Models.Parameter(2, 10_000), Models.Parameter(4, 3, 3, 3),
            Models.Parameter(4), Models.Parameter()]);
        Assert.Equal([Route.AdamW, Route.Matrix, Route.Matrix, Route.Matrix, Route.AdamW, Route.AdamW],
            optimizer.Routing.Select(r => r.Route));
        Assert.Equal(6, optimizer.Routing.ToString().Split(Environment.NewLine).Length);
        Assert.Contains("10000x2", optimizer.Routing[0].ToString());
    }

    [Fact]
    public void The_user_overrides_by_group_and_by_predicate()
    {
        using var optimizer = new RootOptimizer([
            new RootOptimizer.ParamGroup([Models.Parameter(4, 4)], new() { route = _ => Route.AdamW }),
            new RootOptimizer.ParamGroup([("embed.weight", Models.Parameter(4, 4)), ("b", Models.Parameter(3))],
                new() { route = p => p.Name == "embed.weight" ? Route.Matrix : p.Route })]);
        Assert.Equal([Route.AdamW, Route.Matrix, Route.AdamW], optimizer.Routing.Select(r => r.Route));
        Assert.Equal(2, optimizer.ParamGroups.Count());
        var error = Assert.Throws<ArgumentException>(() =>
            new RootOptimizer([Models.Parameter(3)], new RootOptimizer.Options { route = _ => Route.Matrix }));
        Assert.Contains("(3)", error.Message);
    }

    [Fact]
    public void A_convolution_is_stepped_as_its_flattened_matrix()
    {
        random.manual_seed(1);
        var convolution = new Parameter(zeros(6, 4, 3, 3).OnDevice());
        var matrix = new Parameter(zeros(6, 36).OnDevice());
        var gradient = randn(6, 36);
        using var a = new RootOptimizer([convolution]);
        using var b = new RootOptimizer([matrix]);
        Models.Gradient(convolution, gradient.reshape(6, 4, 3, 3));
        Models.Gradient(matrix, gradient);
        a.step();
        b.step();
        Close.Exactly(matrix.detach(), convolution.detach().reshape(6, 36));
    }
}
