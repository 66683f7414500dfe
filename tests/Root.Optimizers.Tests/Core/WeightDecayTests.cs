using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

public class WeightDecayTests
{
    [Theory]
    [InlineData(6, 9)] // a matrix
    [InlineData(1, 9)] // by the AdamW fallback
    public void Cautious_decay_acts_where_the_step_goes_towards_zero(long rows, long columns)
    {
        random.manual_seed(31);
        var start = randn(rows, columns).OnDevice();
        Parameter[] parameters = [.. Enumerable.Range(0, 3).Select(_ =>
            new Parameter(rows == 1 ? start.flatten().clone() : start.clone()))];
        double[] decays = [0, 0.5, 0.5];
        var gradient = randn(parameters[0].shape).OnDevice();
        for (var i = 0; i < 3; i++)
        {
            using var optimizer = new Muon([parameters[i]], new Muon.Options { LearningRate = 0.1, weight_decay = decays[i],
                cautious = i == 2 });
            Models.Gradient(parameters[i], gradient);
            optimizer.step();
        }
        var (free, decayed, cautious) = (parameters[0].detach(), parameters[1].detach(), parameters[2].detach());
        var before = rows == 1 ? start.flatten() : start;
        var towardsZero = (before - free).sign().eq(before.sign());
        Assert.InRange(towardsZero.to(float32).mean().item<float>(), 0.1, 0.9);
        Close.To(where(towardsZero, decayed, free), cautious, 1e-6); // observed 2.4e-7
    }

    [Fact]
    public void Gradients_of_several_backward_passes_add_up()
    {
        var (whole, parts) = (Models.Parameter(8, 6), Models.Parameter(8, 6));
        using (no_grad()) parts.copy_(whole);
        var (x, y) = (randn(6, 5).OnDevice(), randn(6, 5).OnDevice());
        foreach (var (parameter, batches) in new[] { (whole, new[] { cat([x, y], 1) }), (parts, new[] { x, y }) })
        {
            using var optimizer = new Muon([parameter], lr: 0.1);
            foreach (var batch in batches) parameter.matmul(batch).square().sum().backward();
            optimizer.step();
        }
        Close.To(whole.detach(), parts.detach(), 1e-5); // observed 2.38e-07
    }

    [Theory]
    [InlineData("embed.weight")] // by the AdamW fallback
    [InlineData("proj.weight")]
    public void Cautious_decay_acts_where_the_update_is_0(string name)
    {
        // Rows of an embedding that are not in the batch: arXiv 2510.12402, algorithm 1, decays where u x >= 0.
        var parameter = new Parameter(ones(3, 4).OnDevice());
        using var optimizer = new RootOptimizer([(name, parameter)],
            new RootOptimizer.Options { LearningRate = 0.1, weight_decay = 0.5, cautious = true });
        Models.Gradient(parameter, zeros(3, 4));
        optimizer.step();
        Close.To(full([3, 4], 0.95), parameter.detach(), 1e-6); // observed 1.2e-8
    }
}
