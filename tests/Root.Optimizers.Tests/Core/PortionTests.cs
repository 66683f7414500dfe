using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>On the CPU equal matrices beyond some size are updated in portions.</summary>
public class PortionTests
{
    [Theory, Slow]
    [InlineData("root")]
    [InlineData("muon")]
    [InlineData("exact")]
    public void Large_matrices_of_a_group_step_as_each_alone(string kind)
    {
        // Three of 700x600 hold 1,260,000 entries, more than a portion takes: two portions, of two and of one.
        static Parameter[] Fresh()
        {
            random.manual_seed(1);
            return [Models.Parameter(700, 600), Models.Parameter(700, 600), Models.Parameter(700, 600)];
        }
        MatrixOptimizer Over(params Parameter[] parameters) => kind switch
        {
            "root" => new RootOptimizer(parameters, new RootOptimizer.Options { LearningRate = 0.02, learn_coefficients = false }),
            "muon" => new Muon(parameters, lr: 0.02),
            _ => new ManifoldMuon(parameters, lr: 0.02),
        };
        var (together, alone) = (Fresh(), Fresh());
        using var group = Over(together);
        var single = alone.Select(p => Over(p)).ToArray();
        for (var step = 0; step < 2; step++)
        {
            Models.RandomGradients(together);
            foreach (var (one, other) in together.Zip(alone)) Models.Gradient(other, one.grad!);
            group.step();
            foreach (var optimizer in single) optimizer.step();
        }
        foreach (var (one, other) in together.Zip(alone))
            Close.To(other.detach(), one.detach(), 1e-5, kind); // observed 2.2e-7 (exact), else 0
    }

    [Theory]
    [InlineData(1L << 30, new[] { 5 })]
    [InlineData(150_000, new[] { 2, 2, 1 })] // 65,536 each
    [InlineData(1, new[] { 1, 1, 1, 1, 1 })]
    public void Elsewhere_a_batch_is_cut_by_the_bytes_it_works_in(long bytes, int[] expected)
    {
        var parameters = Enumerable.Range(0, 5).Select(_ => new Parameter(empty(64, 64, device: META))).ToArray();
        using var optimizer = new Muon(parameters, new Muon.Options { workspace_bytes = bytes });
        Assert.Equal(expected, optimizer.Groups[0].Matrices.Select(bundle => bundle.Parts.Count));
        foreach (var parameter in parameters) parameter.grad = empty(64, 64, device: META);
        optimizer.step();
    }
}
