using Root.Optimizers.AdaNewton;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.AdaNewton;

public class ScheduleFitTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void The_fit_finds_the_best_of_the_bank(int steps)
    {
        // Planted: half the values at the lower end of one schedule's interval and half at 1 leave its neighbours worse.
        var bank = MinimaxFamily.Bank(steps);
        var spectrum = Spectrum.Exact((randn(40, 90) * logspace(0, -2, 90)).OnDevice());
        var nodes = ScheduleFit.Mix(spectrum, 40, 90, Normalization.Schatten8);
        var (schedule, error) = ScheduleFit.Fit(spectrum, 90, 40, steps);
        double Of(NewtonSchulzSchedule s) =>
            steps <= MinimaxFamily.FewSteps ? ScheduleFit.Shortfall(s, nodes) : ScheduleFit.Error(s, nodes);
        Assert.All(bank, other => Assert.True(Of(schedule) <= Of(other)));
        Assert.Equal(error, ScheduleFit.Error(schedule, nodes));
    }

    [Fact]
    public void A_planted_optimum_is_found()
    {
        foreach (var planted in MinimaxFamily.Bank(4).Where((_, i) => i % 5 == 0 && i > 5))
        {
            // Values spread evenly in log s over exactly [l, 1]: a smaller l lifts less well, a larger one leaves the end low.
            var values = Enumerable.Range(0, 400).Select(i => Math.Pow(planted.Lower!.Value, i / 399.0)).ToArray();
            var nodes = new Spectrum(values, Enumerable.Repeat(1.0 / 400, 400).ToArray(), 400);
            var found = MinimaxFamily.Bank(4).MinBy(s => ScheduleFit.Error(s, nodes))!;
            // Mean and largest error have nearly the same optimum: within four steps of the bank.
            Assert.InRange(Math.Log10(found.Lower!.Value / planted.Lower!.Value), -0.21, 0.21);
        }
    }

    [Fact]
    public void A_zero_spectrum_is_refused() => Assert.Throws<ArgumentException>(
        () => ScheduleFit.Fit(new Spectrum([0, 0], [0.5, 0.5], 2), 2, 2, 4));
}
