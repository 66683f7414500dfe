using Root.Optimizers.Core;
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
    public void A_matrix_that_is_0_when_Hyperball_is_set_steps_freely_until_it_has_a_norm_and_keeps_that()
    {
        random.manual_seed(9);
        Parameter Zero() => new(zeros(4, 6).OnDevice());
        var (weight, loaded, freely) = (Zero(), Zero(), Zero());
        var (other, otherLoaded) = (Models.Parameter(4, 6), Models.Parameter(4, 6));
        var norm = Norm(other);
        using var optimizer = new Muon([weight, other], lr: 0.02);
        using var resumed = new Muon([loaded, otherLoaded], lr: 0.02);
        using var free = new Muon([freely], lr: 0.02);
        optimizer.ParamGroups.Cast<Muon.ParamGroup>().Single().Options.weight_norm = WeightNorm.Hyperball;
        Saving.LoadFile(resumed, Saving.FileBytes(optimizer));

        weight.grad = zeros_like(weight);
        optimizer.step();
        Close.To(zeros(4, 6), weight.detach(), 0);

        foreach (var parameter in (Parameter[])[weight, other, loaded, otherLoaded, freely]) Models.Gradient(parameter, ones(4, 6).tril());
        optimizer.step();
        resumed.step();
        free.step();
        Close.Exactly(freely.detach(), weight.detach());
        Close.Exactly(freely.detach(), loaded.detach());
        Assert.Equal(norm, Norm(other), 1e-5); // observed 1.8e-7

        var kept = Norm(weight);
        Models.Gradient(weight, randn(4, 6));
        optimizer.step();
        Assert.NotEqual(0, Close.Difference(freely.detach(), weight.detach()));
        Assert.Equal(kept, Norm(weight), 1e-6); // observed 2.2e-9
    }

    [Theory]
    [InlineData(WeightNorm.Free, 0)]
    [InlineData(WeightNorm.Free, 0.5)]
    [InlineData(WeightNorm.RadialBrake, 0)]
    [InlineData(WeightNorm.Hyperball, 0)]
    public void An_observer_sees_U_of_a_free_step_and_else_the_old_weight_less_the_new_one(WeightNorm norm, double floor)
    {
        random.manual_seed(10);
        var parameter = Models.Parameter(4, 6);
        var before = parameter.detach().clone();
        using var optimizer = new Muon([parameter], lr: 0.02, new() { weight_norm = norm, relative_update_floor = floor });
        var observer = new Updates();
        optimizer.Observer = observer;
        Models.RandomGradients([parameter]);
        optimizer.step();
        var moved = before - parameter.detach();
        if (norm == WeightNorm.Free && floor == 0) Assert.InRange(Norm(observer.Last!), 1.5, 2.5); // four singular values of about 1
        else Close.To(moved, observer.Last![0], 1e-7); // observed 0
    }

    private sealed class Updates : IStepObserver
    {
        public Tensor? Last { get; private set; }

        public void OnMatrix(MatrixPart part, long step, Tensor momentum, Tensor update) =>
            Last = update.clone().DetachFromDisposeScope();
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
