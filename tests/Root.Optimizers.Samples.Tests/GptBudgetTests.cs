using CharGpt;
using Root.Optimizers.Modular;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Samples.Tests;

public class GptBudgetTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_matrix_has_a_share_and_the_whole_steps(bool tied)
    {
        using var model = new Gpt(new GptOptions { Layers = 3, Width = 16, Heads = 2, Context = 8, Tied = tied })
            .to(TestDevice.Device);
        var budget = GptBudget.Of(model);
        Assert.Equal(model.named_parameters().Where(p => p.parameter.dim() == 2).Select(p => p.name).Order(),
            budget.Select(s => s.Atom.Name!).Order());
        Assert.False(budget.Tree.Proven);
        Assert.Equal(tied ? 6 : 7, budget.Tree.Mass, 1e-9);
        // The blocks' shares do not fade with depth, as a sum's sensitivity of 2 would have it.
        var qkv = budget.Where(s => s.Atom.Name!.EndsWith("qkv.weight")).Select(s => s.Share).ToArray();
        Assert.All(qkv, share => Assert.InRange(share / qkv[^1], 0.5, 2));

        using var optimizer = new ModularDescent(model, budget, lr: 0.01);
        Models.RandomGradients(model.parameters());
        optimizer.step();
        Assert.All(model.parameters(), p => Assert.True(p.isfinite().all().item<bool>()));
    }
}
