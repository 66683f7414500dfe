using Root.Optimizers.AdaNewton;
using Root.Optimizers.Normalizing;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Normalizing;

public class EquilibrationTests
{
    [Theory]
    [InlineData(RowBalance.Rows, 10, 24)]
    [InlineData(RowBalance.Rows, 24, 10)]
    [InlineData(RowBalance.Columns, 10, 24)]
    [InlineData(RowBalance.Both, 24, 10)]
    public void Muon_orthogonalizes_the_balanced_momentum(RowBalance balance, long rows, long columns)
    {
        var difference = Reference.Difference(new() { row_balance = balance }, rows, columns,
            (W, M) => W * (1 - Reference.Lr * Reference.Decay) - Reference.Sign(Balanced(M, balance)) * Reference.Lr);
        Assert.InRange(difference, 0, 1e-12); // observed 4.4e-16
    }

    [Theory, InlineData(false), InlineData(true)]
    public void RootOptimizer_balances_what_the_outlier_split_leaves(bool byScale)
    {
        random.manual_seed(3);
        var (W, G) = (randn(8, 12, dtype: float64), randn(8, 12, dtype: float64));
        var parameter = new Parameter(W.clone().OnDevice());
        using var optimizer = new RootOptimizer([parameter], lr: 0.1, new()
        {
            weight_decay = 0, lr_scale = LrScale.None, row_balance = RowBalance.Rows, outlier_quantile = 0.5, exact_quantile = true,
            coefficients = Coefficients.Muon, learn_coefficients = false, outlier_scale = byScale ? 1.5 : null,
        });
        Models.Gradient(parameter, G);
        optimizer.step();
        var M = G * 1.95;
        var sorted = M.abs().flatten().sort().Values;
        var eps = byScale ? sorted[47] * 1.5 : (sorted[47] + sorted[48]) / 2; // of 96
        var expected = W - Reference.Sign(Balanced(M.minimum(eps).maximum(-eps), RowBalance.Rows)) * 0.1;
        Close.To(expected, parameter.detach(), 1e-12); // observed 2.8e-16
    }

    [Theory, InlineData(1e-30), InlineData(1e30)]
    public void Its_result_does_not_depend_on_the_scale(double scale)
    {
        random.manual_seed(4);
        var M = randn(2, 6, 9).OnDevice();
        var expected = Equilibration.Apply_(M.clone(), RowBalance.Both);
        Close.To(expected, Equilibration.Apply_(M * scale, RowBalance.Both), 1e-6); // observed 1.2e-7
    }

    [Fact]
    public void Zero_stays_zero()
    {
        var M = zeros(1, 4, 5).OnDevice();
        Assert.Equal(0, Equilibration.Apply_(M, RowBalance.Both).abs().max().item<float>());
    }

    [Fact]
    public void A_row_whose_gradient_has_become_0_comes_to_rest()
    {
        random.manual_seed(5);
        var parameter = Models.Parameter(6, 9);
        using var optimizer = new Muon([parameter], lr: 0.02, new() { weight_decay = 0, row_balance = RowBalance.Rows });
        Tensor Dead() => parameter.detach()[0].clone();
        var (early, late) = (Dead(), Dead());
        for (var step = 0; step < 1200; step++)
        {
            if (step == 900) late = Dead();
            Models.RandomGradients([parameter]);
            if (step > 0) parameter.grad![0].zero_();
            optimizer.step();
        }
        Assert.InRange(Close.Difference(early, late), 0.1, 4); // observed 3.5
        Close.To(late, Dead(), 0);
    }

    private static Tensor Balanced(Tensor M, RowBalance balance)
    {
        if (balance != RowBalance.Columns) M = M / M.square().sum([1], keepdim: true).sqrt();
        return balance == RowBalance.Rows ? M : M / M.square().sum([0], keepdim: true).sqrt();
    }
}
