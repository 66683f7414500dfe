using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Root.Optimizers.Extending.Tests;

/// <summary>A manifold of one's own: matrices whose rows sum to 0.</summary>
public class OwnManifoldTests
{
    private sealed record CenteredRows : Manifold
    {
        public override double Distance(Tensor W) => W.mean([-1]).abs().max().item<float>();

        public override Tensor Nearest(Tensor W) => W - W.mean([-1], keepdim: true);

        public override Tensor Step(Tensor W, Tensor M, double lr)
        {
            var A = Nearest(M);
            return Nearest(W - lr * A / A.norm());
        }
    }

    [Fact]
    public void Weights_are_moved_there_and_stay()
    {
        random.manual_seed(1);
        var parameter = new Parameter(randn(5, 3));
        using var optimizer = new ManifoldMuon([parameter], lr: 0.1, new ManifoldMuon.Options { manifold = new CenteredRows() });
        Assert.True(Assert.Single(optimizer.Placements).Moved);
        using var start = parameter.detach().clone();
        for (var step = 0; step < 10; step++)
        {
            parameter.grad = randn(5, 3);
            optimizer.step();
            Assert.True(new CenteredRows().Distance(parameter.detach()) < 1e-6); // observed 2e-8
        }
        Assert.True((parameter.detach() - start).norm().item<float>() > 0.05);
    }
}
