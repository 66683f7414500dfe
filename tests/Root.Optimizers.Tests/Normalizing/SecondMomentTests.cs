using Root.Optimizers.AdaNewton;
using Root.Optimizers.Core.State;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Normalizing;

public class SecondMomentTests
{
    [Theory]
    [InlineData(10, 24)]
    [InlineData(24, 10)]
    [InlineData(12, 12)]
    public void Muon_divides_its_update_by_an_average_of_its_squares(long rows, long columns)
    {
        var v = zeros(1, dtype: float64);
        var difference = Reference.Difference(new() { normuon_beta2 = 0.8 }, rows, columns, (W, M) =>
        {
            var U = Reference.Sign(M);
            v = v * 0.8 + U.square().mean([rows >= columns ? 1 : 0], keepdim: true) * 0.2;
            var divided = U / v.sqrt();
            return W * (1 - Reference.Lr * Reference.Decay) - divided * (U.norm() / divided.norm()) * Reference.Lr;
        });
        Assert.InRange(difference, 0, 1e-12); // observed 4.4e-16
    }

    [Fact]
    public void The_recommended_options_are_Muon_with_it_and_less_momentum_but_for_learned_steps()
    {
        random.manual_seed(7);
        var options = RootOptimizer.Options.Recommended();
        Assert.Equal(4, options.ns_steps);
        Assert.True(options.learn_coefficients);
        (options.coefficients, options.ns_steps, options.learn_coefficients, options.LearningRate) = (Coefficients.Muon, 5, false, 0.02);
        using var start = randn(48, 96);
        var (own, its) = (new Parameter(start.clone()), new Parameter(start.clone()));
        using var root = new RootOptimizer([own], options);
        using var muon = new Muon([its], 0.02, new Muon.Options
            { momentum = 0.9, weight_decay = 0.1, lr_scale = LrScale.MatchAdamWRms, normuon_beta2 = 0.95 });
        for (var step = 0; step < 5; step++)
        {
            using var scope = NewDisposeScope();
            own.grad = randn(48, 96);
            its.grad = own.grad!.clone();
            root.step();
            muon.step();
        }
        Close.To(its, own, 5e-6); // observed 4.8e-7, with weights of up to 4
    }

    [Fact]
    public void It_goes_on_bit_for_bit_and_its_state_is_no_other_optimizers()
    {
        random.manual_seed(6);
        var (one, other, plain) = (Models.Parameter(8, 12), Models.Parameter(8, 12), Models.Parameter(8, 12));
        using var before = new RootOptimizer([("w", one)], new() { normuon_beta2 = 0.9, split = 2 });
        using var after = new RootOptimizer([("w", other)], new() { normuon_beta2 = 0.9, split = 2 });
        using var without = new RootOptimizer([("w", plain)]);
        Steps(before, one, 1);
        Saving.Load(after, Saving.Bytes(before));
        other.with_requires_grad(false).copy_(one);
        other.requires_grad = true;
        Steps(before, one, 2);
        Steps(after, other, 2);
        Close.Exactly(one.detach(), other.detach());
        Assert.Throws<InvalidDataException>(() => Saving.Load(without, Saving.Bytes(before)));
        Assert.Throws<KeyNotFoundException>(() => ((MatrixState)without.state_dict().State[0])["second_moment"]);
    }

    [Fact]
    public void A_matrix_without_gradient_stays_where_it_is()
    {
        var parameter = Models.Parameter(5, 7);
        var start = parameter.detach().clone();
        using var optimizer = new Muon([parameter], new() { normuon_beta2 = 0, weight_decay = 0 });
        parameter.grad = zeros_like(parameter);
        for (var step = 0; step < 3; step++) optimizer.step();
        Close.Exactly(start, parameter.detach());
    }

    [Theory, InlineData(-0.1), InlineData(1)]
    public void Its_decay_is_checked(double beta2) => Assert.Contains("normuon_beta2",
        Assert.Throws<ArgumentException>(() => new Muon([Models.Parameter(3, 4)], new Muon.Options { normuon_beta2 = beta2 })).Message);

    private static void Steps(MatrixOptimizer optimizer, Parameter parameter, int seed)
    {
        random.manual_seed(seed);
        for (var step = 0; step < 3; step++)
        {
            Models.RandomGradients([parameter]);
            optimizer.step();
        }
    }
}
