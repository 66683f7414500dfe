using Root.Optimizers.Core.Routing;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>Every rule of docs/routing.md, where it holds and where it must not.</summary>
public class RoutingRuleTests
{
    /// <summary>A norm of one's own, whose gain is given another shape.</summary>
    private sealed class TableNorm : NormBase
    {
        public TableNorm() : base(4, 1e-5, 0.1, affine: true, track_running_stats: false, null, null, nameof(TableNorm)) =>
            weight = new Parameter(ones(4, 4));

        public override Tensor forward(Tensor input) => input * weight!;

        protected override void ValidateInputDimensions(Tensor input)
        {
        }
    }

    /// <summary>A model of named parts.</summary>
    private sealed class Model : nn.Module
    {
        public Model(params (string name, nn.Module module)[] parts) : base(nameof(Model))
        {
            foreach (var (name, module) in parts) register_module(name, module);
        }
    }

    /// <summary>A module that holds a parameter itself.</summary>
    private sealed class Holder : nn.Module
    {
        public readonly Parameter table;

        public Holder(params long[] shape) : base(nameof(Holder))
        {
            table = Models.Parameter(shape);
            RegisterComponents();
        }
    }

    private static RoutedParameter RouteOf(Parameter parameter, int batchDims = 0, string? name = null) =>
        Router.RouteOf(new(parameter, name is null ? [] : [(name, null)]), null, batchDims);

    private static Dictionary<string, RoutedParameter> Routes(nn.Module model) =>
        ModelParameter.From(model).Select(p => Router.RouteOf(p, null)).ToDictionary(p => p.Name!);

    private static Dictionary<string, RoutedParameter> Routes(params (string, long[])[] list) =>
        ModelParameter.From(list.Select(p => (p.Item1, Models.Parameter(p.Item2)))).Select(p => Router.RouteOf(p, null))
            .ToDictionary(p => p.Name!);

    [Theory]
    [InlineData(Route.AdamW, 1L, 1L, 64L)] // a class token
    [InlineData(Route.AdamW, 1L, 50L, 64L)] // positions
    [InlineData(Route.AdamW, 8L, 1L, 1L)] // a temperature per head
    [InlineData(Route.AdamW, 64L, 1L)] // gains of channels
    [InlineData(Route.AdamW, 64L, 1L, 1L)]
    [InlineData(Route.AdamW, 64L, 1L, 3L, 3L)] // a depthwise convolution
    [InlineData(Route.AdamW, 1L, 64L)] // a Linear with one output
    [InlineData(Route.AdamW, 1L, 1L)]
    [InlineData(Route.AdamW, 0L, 5L)]
    [InlineData(Route.AdamW, 64L)]
    [InlineData(Route.Matrix, 64L, 2L)]
    [InlineData(Route.Matrix, 2L, 64L)]
    [InlineData(Route.Matrix, 64L, 32L, 1L, 1L)]
    [InlineData(Route.Matrix, 64L, 3L, 7L, 7L)]
    public void Vectors_in_matrices_clothes_are_AdamWs(Route expected, params long[] shape) =>
        Assert.Equal(expected, RouteOf(Models.Parameter(shape)).Route);

    [Fact]
    public void Of_a_batch_the_dimensions_after_it_decide()
    {
        (int batchDims, long[] shape, Route route)[] cases =
        [
            (1, [1, 4, 5], Route.Matrix), (1, [4, 5, 1], Route.AdamW), (1, [4, 1, 5], Route.AdamW), (1, [4, 5], Route.AdamW),
            (1, [4, 5, 6], Route.Matrix), (2, [1, 1, 5, 6], Route.Matrix), (2, [3, 4, 5], Route.AdamW), (2, [3], Route.AdamW),
            (1, [2, 3, 4, 5], Route.Matrix), (1, [2, 10_000, 2], Route.Matrix),
        ];
        Assert.All(cases, c => Assert.Equal(c.route, RouteOf(Models.Parameter(c.shape), c.batchDims).Route));
        Assert.Contains("batch", RouteOf(Models.Parameter(2, 3, 4), 1).Reason);
        var error = Assert.Throws<ArgumentException>(() =>
            Router.RouteOf(new(Models.Parameter(4, 5), []), _ => Route.Matrix, batchDims: 1));
        Assert.Contains("(4, 5)", error.Message);
    }

    [Fact]
    public void Normalizations_are_told_by_type_whatever_their_shape()
    {
        var routes = Routes(new Model(("a", nn.LayerNorm([4L, 4L])), ("b", new TableNorm()), ("c", nn.Linear(4, 4))));
        Assert.Equal(Route.AdamW, routes["a.weight"].Route);
        Assert.Equal(Route.AdamW, routes["a.bias"].Route);
        Assert.Equal(Route.AdamW, routes["b.weight"].Route);
        Assert.Equal(Route.Matrix, routes["c.weight"].Route);
    }

    [Fact]
    public void A_manifold_optimizer_leaves_a_norm_over_two_dimensions_alone()
    {
        var norm = nn.LayerNorm([4L, 4L], device: TestDevice.Device);
        using var optimizer = new ManifoldMuon(new Model(("norm", norm), ("hidden", nn.Linear(4, 4, device: TestDevice.Device))));
        Close.Exactly(ones(4, 4).OnDevice(), norm.weight!.detach());
        Close.Exactly(zeros(4, 4).OnDevice(), norm.bias!.detach());
    }

    [Fact]
    public void Biases_are_told_by_the_last_segment_of_their_name()
    {
        var routes = Routes(("norm.bias", [4, 4]), ("attn.bias_k", [2, 2, 8]), ("attn.bias_v", [2, 2, 8]), ("bias.weight", [4, 4]),
            ("relative_bias_table", [4, 4]));
        Assert.Equal([Route.AdamW, Route.AdamW, Route.AdamW, Route.Matrix, Route.Matrix], routes.Values.Select(r => r.Route));
    }

    [Fact]
    public void Embeddings_are_told_by_type_whatever_their_name()
    {
        var routes = Routes(new Model(("a", nn.Embedding(7, 4)), ("b", nn.EmbeddingBag(7, 4)), ("patch_embed", nn.Linear(4, 5))));
        Assert.Equal([Route.AdamW, Route.AdamW], [routes["a.weight"].Route, routes["b.weight"].Route]);
        Assert.Equal(Route.Matrix, routes["patch_embed.weight"].Route);
    }

    [Fact]
    public void A_Linear_with_as_many_outputs_as_an_embedding_has_entries_is_its_head()
    {
        var routes = Routes(new Model(("words", nn.Embedding(50, 8)), ("hidden", nn.Linear(8, 12)), ("out", nn.Linear(12, 50)),
            ("conv", nn.Conv1d(8, 50, 3))));
        Assert.Equal(Route.AdamW, routes["out.weight"].Route);
        Assert.Equal(Route.Matrix, routes["hidden.weight"].Route);
        Assert.Equal(Route.Matrix, routes["conv.weight"].Route);
    }

    [Fact]
    public void A_hidden_layer_as_wide_as_a_context_is_long_stays_a_matrix()
    {
        // Positions 16 as many as the width, tokens 64 as many as the MLP is wide, 48 as many as query, key and value have rows.
        static nn.Module Block() => new Model(("qkv", nn.Linear(16, 48)), ("proj", nn.Linear(16, 16)),
            ("up", nn.Linear(16, 64)), ("down", nn.Linear(64, 16)));
        var routes = Routes(new Model(("words", nn.Embedding(64, 16)), ("places", nn.Embedding(16, 16)), ("types", nn.Embedding(48, 16)),
            ("0", Block()), ("1", Block())));
        Assert.Equal(8, routes.Values.Count(r => r.Route == Route.Matrix));
    }

    [Theory]
    [InlineData("fc")]
    [InlineData("score")]
    public void A_name_that_closes_a_model_is_a_head_only_there(string name)
    {
        var (last, middle) = ($"{name}.weight", $"{name}.weight");
        Assert.Equal(Route.AdamW, Routes(("stem.weight", [8, 8]), (last, [5, 8]), ($"{name}.bias", [5]))[last].Route);
        Assert.Equal(Route.AdamW, Routes(new Model(("stem", nn.Linear(8, 8)), (name, nn.Linear(8, 5))))[last].Route);
        Assert.Equal(Route.Matrix, Routes((middle, [8, 8]), ("out.weight", [5, 8]))[middle].Route);
        Assert.Equal(Route.Matrix, Routes((middle, [8, 8]), ("out.weight", [1, 8]))[middle].Route);
        Assert.Equal(Route.Matrix, Routes(("stem.weight", [8, 8]), ($"mlp.{name}.weight", [8, 8]))[$"mlp.{name}.weight"].Route);
        Assert.Equal(Route.Matrix, Routes(new Model((name, nn.Conv2d(8, 5, 1))))[last].Route);
    }

    [Fact]
    public void An_mlps_fc_within_a_block_is_hidden()
    {
        static nn.Module Block() => new Model(("mlp", new Model(("fc", nn.Linear(8, 32)), ("proj", nn.Linear(32, 8)))));
        var routes = Routes(new Model(("0", Block()), ("1", Block()), ("fc", nn.Linear(8, 3))));
        Assert.Equal(["fc.weight"], routes.Values.Where(r => r.Shape.Count == 2 && r.Route == Route.AdamW).Select(r => r.Name));
    }

    [Fact]
    public void Of_a_classifier_the_last_layer_is_the_head()
    {
        var routes = Routes(new Model(("features", nn.Sequential(nn.Conv2d(3, 4, 3))), ("classifier", nn.Sequential(
            nn.Linear(36, 20), nn.ReLU(), nn.Linear(20, 20), nn.ReLU(), nn.Linear(20, 5)))));
        Assert.Equal([Route.Matrix, Route.Matrix, Route.Matrix, Route.AdamW],
            new[] { "features.0", "classifier.0", "classifier.2", "classifier.4" }.Select(name => routes[name + ".weight"].Route));
        Assert.Equal(Route.Matrix, Routes(("classifier.dense.weight", [8, 8]))["classifier.dense.weight"].Route);
        Assert.Equal(Route.Matrix, Routes(("classifier.0.weight", [8, 8]), ("more.weight", [8, 8]))["classifier.0.weight"].Route);
    }

    [Fact]
    public void A_vocabulary_is_told_by_size_with_and_without_names()
    {
        Assert.Equal(Route.AdamW, RouteOf(Models.Parameter(10_000, 2)).Route);
        Assert.Equal(Route.AdamW, RouteOf(Models.Parameter(10_000, 2), name: "decoder.weight").Route);
        Assert.Equal(Route.AdamW, Routes(new Model(("decoder", nn.Linear(4, 12_000))))["decoder.weight"].Route);
        Assert.Equal(Route.AdamW, Routes(new Holder(10_000, 2))["table"].Route);
        Assert.Equal(Route.Matrix, Routes(new Model(("decoder", nn.Linear(4, 9_999))))["decoder.weight"].Route);
        Assert.Equal(Route.Matrix, Routes(nn.LSTMCell(2, 2_500))["weight_ih"].Route);
        Assert.Equal(Route.Matrix, RouteOf(Models.Parameter(10_000, 2, 2)).Route);
    }

    [Fact]
    public void A_wide_hidden_layer_is_no_vocabulary()
    {
        var routes = Routes(new Model(("up", nn.Linear(2, 10_000)), ("down", nn.Linear(10_000, 2)), ("decoder", nn.Linear(2, 10_001))));
        Assert.Equal([Route.Matrix, Route.Matrix, Route.AdamW],
            new[] { "up", "down", "decoder" }.Select(name => routes[name + ".weight"].Route));
        routes = Routes(("blocks.0.qkv.weight", [10_002, 2]), ("blocks.1.qkv.weight", [10_002, 2]), ("out.weight", [10_003, 2]));
        Assert.Equal([Route.Matrix, Route.Matrix, Route.AdamW], routes.Values.Select(r => r.Route));
    }

    [Fact]
    public void Transposed_convolutions_are_known_to_have_their_inputs_first()
    {
        var routes = Routes(new Model(("a", nn.ConvTranspose1d(4, 6, 3)), ("b", nn.ConvTranspose2d(4, 6, 3)),
            ("c", nn.ConvTranspose3d(4, 6, 3)), ("d", nn.Conv2d(4, 6, 3)), ("e", nn.Linear(4, 6))));
        Assert.Equal([true, true, true, false, false], "abcde".Select(name => routes[name + ".weight"].InputFirst));
        Assert.False(RouteOf(Models.Parameter(4, 6, 3)).InputFirst);
    }

    [Fact]
    public void Without_names_a_matrix_says_what_that_costs()
    {
        Assert.Contains("named_parameters()", RouteOf(Models.Parameter(4, 5)).Reason);
        Assert.DoesNotContain("named_parameters()", RouteOf(Models.Parameter(4, 5), name: "hidden.weight").Reason);
        Assert.DoesNotContain("named_parameters()", RouteOf(Models.Parameter(4, 5, 3, 3)).Reason);
        Assert.DoesNotContain("named_parameters()", RouteOf(Models.Parameter(4, 1)).Reason);
    }

    [Fact]
    public void A_route_that_is_none_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            new RootOptimizer([("hidden.weight", Models.Parameter(4, 5))], new RootOptimizer.Options { route = _ => (Route)7 }));
        Assert.All(["hidden.weight", "(4, 5)", "7", "Route.Matrix", "Route.AdamW"], text => Assert.Contains(text, error.Message));
    }

    [Fact]
    public void Columns_are_aligned_whatever_the_names()
    {
        var longName = "encoder.layers.11.self_attention.output_projection.weight";
        var parameters = new RoutedParameter[]
        {
            new("b", [4], Route.AdamW, "1-D"), new(longName, [123456789, 123456789, 3], Route.Matrix, "a matrix"),
            new(null, [5, 5], Route.Matrix, "the user's route"),
        };
        var lines = new Routing(parameters).ToString().Split(Environment.NewLine);
        Assert.Equal(3, lines.Length);
        Assert.Single(lines.Select((line, i) => line.IndexOf($" {parameters[i].Route} ", StringComparison.Ordinal)).Distinct());
        Assert.Single(lines.Select((line, i) => line.IndexOf(parameters[i].Reason, longName.Length, StringComparison.Ordinal)).Distinct());
        Assert.StartsWith(longName + "  123456789x123456789x3  Matrix          a matrix", lines[1]);

        parameters[1] = parameters[1] with { Matrices = "3 of 64x64" };
        lines = new Routing(parameters).ToString().Split(Environment.NewLine);
        Assert.EndsWith("Matrix          3 of 64x64  a matrix", lines[1]);
        Assert.Single(lines.Select((line, i) => line.IndexOf(parameters[i].Reason, longName.Length, StringComparison.Ordinal)).Distinct());
        Assert.DoesNotContain(Environment.NewLine, parameters[1].ToString());
        Assert.Contains("3 of 64x64", parameters[1].ToString());
    }

    [Fact]
    public void The_documented_overrides_do_what_they_say()
    {
        Func<RoutedParameter, Route> thin = p => p.Route == Route.Matrix && p.Shape is var s
            && (s[0], s.Skip(1).Aggregate(1L, (a, b) => a * b)) is var (m, n)
            && (Math.Min(m, n) < 4 || Math.Max(m, n) > 128 * Math.Min(m, n)) ? Route.AdamW : p.Route;
        Assert.Equal([Route.AdamW, Route.AdamW, Route.Matrix, Route.Matrix, Route.AdamW], new long[][]
        {
            [3, 64], [600, 4], [512, 4], [96, 3, 4, 4], [64],
        }.Select(shape => Router.RouteOf(new(Models.Parameter(shape), []), thin).Route));

        var factors = ModelParameter.From([("q.lora_A.weight", Models.Parameter(4, 32)), ("q.lora_B.weight", Models.Parameter(32, 4))]);
        Assert.All(factors, p => Assert.Equal(Route.Matrix, Router.RouteOf(p, null).Route));
        Assert.Equal([Route.AdamW, Route.Matrix], factors.Select(p =>
            Router.RouteOf(p, p => p.Name?.Contains("lora_A") == true ? Route.AdamW : p.Route).Route));
    }
}
