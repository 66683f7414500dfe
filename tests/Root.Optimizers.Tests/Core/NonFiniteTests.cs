using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>What non_finite makes of a gradient that is not finite, or too large to be summed up or squared.</summary>
public class NonFiniteTests
{
    public static TheoryData<bool, double> Cases => [.. from deferred in new[] { false, true }
        from bad in new[] { double.NaN, double.PositiveInfinity, 2e38 } select (deferred, bad)];

    [Theory, MemberData(nameof(Cases))]
    public void Skip_leaves_the_parameter_and_its_state_alone_and_steps_the_others(bool deferred, double bad)
    {
        Parameter[] Fresh()
        {
            random.manual_seed(1);
            return [Models.Parameter(6, 4), Models.Parameter(6, 4), Models.Parameter(5), Models.Parameter(5)];
        }
        var (ours, without) = (Fresh(), Fresh());
        using var optimizer = new RootOptimizer(ours, new RootOptimizer.Options { non_finite = NonFinite.Skip, learn_coefficients = false })
            { DefersFiniteCheck = deferred };
        using var reference = new RootOptimizer(without, new RootOptimizer.Options { learn_coefficients = false });
        for (var step = 0; step < 4; step++)
        {
            Models.RandomGradients(ours);
            foreach (var (mine, other) in ours.Zip(without)) other.grad = mine.grad!.clone();
            if (step == 2)
            {
                ours[1].grad![0, 0] = (float)bad;
                ours[3].grad![0] = (float)bad;
                without[1].grad = without[3].grad = null;
            }
            optimizer.step();
            reference.step();
        }
        // On a device the count of steps may include the one that was left out, and AdamW's correction with it.
        foreach (var (mine, other) in ours.Zip(without)) Close.To(other.detach(), mine.detach(), deferred ? 2e-4 : 0);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Propagate_takes_the_step(bool deferred)
    {
        var parameter = Models.Parameter(6, 4);
        using var optimizer = new Muon([parameter], new Muon.Options { non_finite = NonFinite.Propagate }) { DefersFiniteCheck = deferred };
        Models.RandomGradients([parameter]);
        parameter.grad![0, 0] = float.NaN;
        optimizer.step();
        optimizer.step();
        Assert.True(parameter.isnan().any().item<bool>());
    }

    [Theory]
    [InlineData(ScalarType.Float16, false)]
    [InlineData(ScalarType.Float16, true)]
    [InlineData(ScalarType.BFloat16, true)]
    public void Infinity_of_16_bits_is_found(ScalarType type, bool deferred)
    {
        var parameter = Models.Parameter(type, 6, 4);
        using var optimizer = new RootOptimizer([parameter]) { DefersFiniteCheck = deferred };
        Models.RandomGradients([parameter]);
        parameter.grad![3, 2] = float.PositiveInfinity;
        var before = parameter.detach().clone();
        if (deferred) optimizer.step();
        Assert.Throws<NotFiniteNumberException>(() => optimizer.step());
        Close.Exactly(before, parameter.detach());
    }

    [Fact]
    public void One_group_that_throws_keeps_all_groups_from_stepping()
    {
        var (a, b) = (Models.Parameter(6, 4), Models.Parameter(6, 4));
        using var optimizer = new Muon([new([a], new() { non_finite = NonFinite.Skip }), new([("b", b)])]);
        Models.RandomGradients([a, b]);
        b.grad![0, 0] = float.NaN;
        var before = a.detach().clone();
        Assert.Contains("'b'", Assert.Throws<NotFiniteNumberException>(() => optimizer.step()).Message);
        Close.Exactly(before, a.detach());
    }

    [Theory]
    [InlineData(6, 4, 1e31, true)]
    [InlineData(6, 4, 2e38, false)] // G + 0.95 M overflows from 1.75e38 on
    [InlineData(5, 0, 1e17, true)]
    [InlineData(5, 0, 2e19, false)] // the square is infinite
    public void Gradients_are_taken_as_long_as_sums_and_squares_of_theirs_are_finite(int rows, int columns, double size, bool taken)
    {
        var parameter = columns == 0 ? Models.Parameter(rows) : Models.Parameter(rows, columns);
        using var optimizer = new RootOptimizer([("w", parameter)]);
        var before = parameter.detach().clone();
        for (var step = 0; step < 3; step++)
        {
            Models.Gradient(parameter, full(parameter.shape, (float)size));
            if (taken) optimizer.step();
            else Assert.Contains("'w'", Assert.Throws<NotFiniteNumberException>(() => optimizer.step()).Message);
        }
        if (taken) Assert.True(parameter.isfinite().all().item<bool>() && !parameter.detach().Equals(before));
        else Close.Exactly(before, parameter.detach());
    }
}
