using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>Embeddings, heads and vectors have learning rates of their own where one asks for it.</summary>
public class FallbackRateTests
{
    private static readonly string[] Names = ["embedding.weight", "norm.weight", "fc.bias", "lm_head.weight", "untold"];

    private static (nn.Module model, Parameter[] parameters) Model()
    {
        random.manual_seed(1);
        var model = nn.Sequential(("embedding", nn.Embedding(20, 6)), ("norm", nn.LayerNorm(6)), ("fc", nn.Linear(6, 6)),
            ("lm_head", nn.Linear(6, 20, hasBias: false))).to(TestDevice.Device);
        var named = model.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        return (model, [.. Names.SkipLast(1).Select(name => named[name]), new Parameter(randn(5, 6).OnDevice())]);
    }

    [Fact]
    public void Each_kind_takes_its_own_factor_and_the_others_the_common_one()
    {
        double[] Moves(Muon.Options options)
        {
            var (model, parameters) = Model();
            (options.LearningRate, options.weight_decay) = (0.01, 0);
            using var optimizer = new Muon(model, options);
            optimizer.add_param_group(new Muon.ParamGroup([("untold", parameters[^1])], new Muon.Options { route = _ => Route.AdamW }));
            var before = parameters.Select(p => p.detach().clone()).ToArray();
            foreach (var parameter in parameters) parameter.grad = ones_like(parameter);
            optimizer.step();
            // AdamW's first step has the size of its learning rate.
            return [.. parameters.Zip(before, (p, was) => (was - p.detach()).abs().max().item<float>() / 0.01)];
        }
        // observed 1.1e-5: roundings of float32 weights, in units of the rate
        void Are(double[] expected, Muon.Options options) => Assert.Equal(expected, Moves(options), (a, b) => Math.Abs(a - b) < 2e-5);

        Are([1, 1, 1, 1, 1], new());
        Are([0.5, 0.5, 0.5, 0.5, 0.5], new() { fallback_lr_factor = 0.5 });
        Are([3, 0.1, 0.1, 0, 0.5], new()
            { fallback_lr_factor = 0.5, embedding_lr_factor = 3, head_lr_factor = 0, vector_lr_factor = 0.1 });
    }

    [Fact]
    public void Routing_prints_of_which_kind_a_parameter_is()
    {
        var (model, parameters) = Model();
        using var optimizer = new Muon(model);
        optimizer.add_param_group(new Muon.ParamGroup([("untold", parameters[^1])], new Muon.Options { route = _ => Route.AdamW }));
        string[] expected = ["AdamW (embedding)", "AdamW (vector)", "AdamW (vector)", "AdamW (head)", "AdamW  "];
        var lines = optimizer.Routing.ToString().Split(Environment.NewLine);
        foreach (var (name, kind) in Names.Zip(expected))
        {
            Assert.Contains(kind, Assert.Single(lines, line => line.StartsWith(name, StringComparison.Ordinal)));
            Assert.Contains(kind, optimizer.Routing.Single(routed => routed.Name == name).ToString());
        }
    }

    [Theory]
    [InlineData("embedding_lr_factor")]
    [InlineData("head_lr_factor")]
    [InlineData("vector_lr_factor")]
    public void Factors_are_checked(string name)
    {
        var options = new Muon.Options();
        typeof(Muon.Options).GetProperty(name)!.SetValue(options, -1.0);
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => new Muon([Models.Parameter(3, 4)], options)).Message);
        typeof(Muon.Options).GetProperty(name)!.SetValue(options, 1e300);
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => new Muon([Models.Parameter(3, 4)], options)).Message);
    }
}
