using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Normalizing;

public class WeightNormTests
{
    [Theory, InlineData(10, 24), InlineData(24, 10)]
    public void Hyperball_keeps_the_norm(long rows, long columns)
    {
        var difference = Reference.Difference(new() { weight_norm = WeightNorm.Hyperball }, rows, columns, (W, M) =>
        {
            var (R, U) = (W.norm(), Reference.Sign(M));
            var next = W - U / U.norm() * R * Reference.Lr;
            return next / next.norm() * R;
        });
        Assert.InRange(difference, 0, 1e-12); // observed 1.3e-15
    }

    [Fact]
    public void A_norm_that_is_kept_does_not_drift()
    {
        random.manual_seed(7);
        Parameter[] parameters = [Models.Parameter(12, 16), Models.Parameter(ScalarType.BFloat16, 12, 16)];
        var norms = parameters.Select(Norm).ToArray();
        using var optimizer = new Muon(parameters, lr: 0.02, new() { weight_norm = WeightNorm.Hyperball });
        for (var step = 0; step < 1000; step++)
        {
            Models.RandomGradients(parameters);
            optimizer.step();
        }
        Assert.InRange(Math.Abs(Norm(parameters[0]) / norms[0] - 1), 0, 1e-5); // observed 2.0e-6
        Assert.InRange(Math.Abs(Norm(parameters[1]) / norms[1] - 1), 0, 1e-3); // observed 1.4e-4
    }

    [Fact]
    public void Hyperball_leaves_a_matrix_without_gradient_and_refuses_one_that_is_0()
    {
        var parameter = Models.Parameter(5, 7);
        var start = parameter.detach().clone();
        using var optimizer = new Muon([parameter], new() { weight_norm = WeightNorm.Hyperball });
        parameter.grad = zeros_like(parameter);
        for (var step = 0; step < 3; step++) optimizer.step();
        Close.Exactly(start, parameter.detach());

        var zero = new Parameter(zeros(4, 6).OnDevice());
        var refused = Assert.Throws<ArgumentException>(() =>
            new RootOptimizer([("lora_B", zero)], new() { weight_norm = WeightNorm.Hyperball }));
        Assert.Contains("'lora_B'", refused.Message);
    }

    [Fact]
    public void The_brake_halves_growth_and_leaves_shrinking()
    {
        var (grew, shrank) = (0, 0);
        var difference = Reference.Difference(new() { weight_norm = WeightNorm.RadialBrake }, 10, 24, (W, M) =>
        {
            W = W * (1 - Reference.Lr * Reference.Decay);
            var next = W - Reference.Sign(M) * Reference.Lr;
            var (before, after) = (W.norm().item<double>(), next.norm().item<double>());
            if (after > before) grew++;
            else shrank++;
            return next * ((after > before ? (before + after) / 2 : after) / after);
        });
        Assert.InRange(difference, 0, 1e-12); // observed 4.4e-16
        Assert.True(grew > 0 && shrank > 0, $"{grew} {shrank}");
    }

    [Theory, InlineData(0.1), InlineData(10)]
    public void Updates_below_the_floor_are_lifted_to_it(double floor)
    {
        var difference = Reference.Difference(new() { relative_update_floor = floor }, 10, 24, (W, M) =>
        {
            var U = Reference.Sign(M);
            var factor = Math.Max(1, (W.norm() / U.norm()).item<double>() * floor);
            return W * (1 - Reference.Lr * Reference.Decay) - U * factor * Reference.Lr;
        });
        Assert.InRange(difference, 0, 1e-12); // observed 1.3e-14
    }

    [Fact]
    public void The_floor_is_of_the_update_with_the_factor_of_its_shape()
    {
        random.manual_seed(8);
        var parameter = Models.Parameter(16, 8);
        var start = parameter.detach().clone();
        using var optimizer = new Muon([parameter], lr: 0.01, new()
            { relative_update_floor = 2, weight_decay = 0, weight_norm = WeightNorm.RadialBrake, lr_scale = LrScale.MatchAdamWRms });
        parameter.grad = start.clone(); // inwards: nothing is braked
        optimizer.step();
        Assert.Equal(0.02, (start - parameter.detach()).norm().item<float>() / Norm(start), 1e-7); // observed 9e-9
    }

    [Theory, InlineData(-1), InlineData(double.NaN)]
    public void The_floor_is_checked(double floor) => Assert.Contains("relative_update_floor", Assert.Throws<ArgumentException>(() =>
        new Muon([Models.Parameter(3, 4)], new Muon.Options { relative_update_floor = floor })).Message);

    private static double Norm(Tensor x) => x.detach().to(float64).norm().item<double>();
}
