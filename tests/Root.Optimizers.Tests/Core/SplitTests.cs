using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

public class SplitTests
{
    public static TheoryData<string> Optimizers => ["root", "muon"];

    private static OptimizerHelper Make(string name, IEnumerable<(string, Parameter)> parameters, int split) => name == "muon"
        ? new Muon(parameters, new Muon.Options { split = split })
        : new RootOptimizer(parameters, new RootOptimizer.Options { split = split, outlier_quantile = 1, learn_coefficients = false });

    [Theory, MemberData(nameof(Optimizers))]
    public void A_split_matrix_steps_as_its_blocks_would(string name)
    {
        random.manual_seed(21);
        var start = randn(24, 10).OnDevice();
        var fused = new Parameter(start.clone());
        var blocks = start.chunk(3, 0).Select(b => new Parameter(b.clone())).ToArray();
        using var one = Make(name, [("qkv", fused)], 3);
        using var three = Make(name, blocks.Select((b, i) => ($"w{i}", b)), 1);
        for (var step = 0; step < 3; step++)
        {
            var gradient = randn(24, 10).OnDevice();
            Models.Gradient(fused, gradient);
            foreach (var (block, part) in blocks.Zip(gradient.chunk(3, 0))) Models.Gradient(block, part.clone());
            one.step();
            three.step();
        }
        Close.To(cat(blocks.Select(b => b.detach()).ToArray(), 0), fused.detach(), 1e-6); // observed 0
    }

    [Fact]
    public void Single_parameters_can_be_split_by_a_function_and_what_is_no_matrix_never_is()
    {
        var parameters = new[] { ("attn.qkv", Models.Parameter(12, 4)), ("attn.proj", Models.Parameter(5, 4)),
            ("norm", Models.Parameter(7)) };
        using var optimizer = new RootOptimizer(parameters, new RootOptimizer.Options { split_of = p => p.Name == "attn.qkv" ? 3 : 1 });
        Models.RandomGradients(parameters.Select(p => p.Item2));
        optimizer.step();
    }

    [Fact]
    public void Rows_that_cannot_be_split_are_refused_with_name_and_shape()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            new Muon([("attn.qkv", Models.Parameter(10, 4))], new Muon.Options { split = 3 }));
        Assert.Contains("attn.qkv", error.Message);
        Assert.Contains("(10, 4)", error.Message);
    }
}
