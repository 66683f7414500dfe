using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Averaging;

public class WeightAverageTests
{
    [Theory, InlineData(0.75), InlineData(1.0), InlineData(0.0)]
    public void It_is_a_mean_at_first_and_an_exponential_average_then(double decay)
    {
        random.manual_seed(1);
        Parameter[] parameters =
            [Models.Parameter(ScalarType.Float64, 3, 4), Models.Parameter(5), Models.Parameter(ScalarType.BFloat16, 6)];
        using var average = new WeightAverage(parameters, decay);
        var expected = parameters.Select(p => zeros(p.shape, dtype: float64)).ToArray();
        for (var n = 1; n <= 10; n++)
        {
            Change(parameters);
            average.Update();
            var share = Math.Max(1 - decay, 1.0 / n);
            for (var i = 0; i < expected.Length; i++)
                expected[i] = expected[i] * (1 - share) + parameters[i].detach().cpu().to(float64) * share;
        }
        Assert.Equal(10, average.Updates);
        for (var i = 0; i < expected.Length; i++)
            Close.To(expected[i], average.Averages[i], i == 0 ? 1e-14 : 1e-6); // observed 1.1e-16 of float64, 4.7e-8 else
        Assert.Equal([float64, float32, float32], average.Averages.Select(a => a.dtype));
    }

    [Fact]
    public void The_model_has_it_while_it_is_swapped_in_and_its_own_weights_then_bit_for_bit()
    {
        random.manual_seed(2);
        var model = Models.Mlp();
        var parameters = model.parameters().ToArray();
        using var average = new WeightAverage(model, 0.5);
        Assert.Throws<InvalidOperationException>(() => average.Swap());
        for (var n = 0; n < 3; n++)
        {
            Change(parameters);
            average.Update();
        }
        var own = parameters.Select(p => p.detach().clone()).ToArray();
        using (average.Swap())
        {
            for (var i = 0; i < own.Length; i++) Close.Exactly(average.Averages[i], parameters[i].detach());
            Assert.Throws<InvalidOperationException>(average.Update);
            Assert.Throws<InvalidOperationException>(() => average.Swap());
        }
        for (var i = 0; i < own.Length; i++) Close.Exactly(own[i], parameters[i].detach());
        using (average.Swap(share: 0.6))
            Close.To(own[0] * 0.4 + average.Averages[0] * 0.6, parameters[0].detach(), 1e-6); // observed 2.4e-7
        var swapped = average.Swap();
        average.Dispose();
        Close.Exactly(own[0], parameters[0].detach());
        swapped.Dispose();
        Assert.All(parameters, p => Assert.True(p.requires_grad));
    }

    [Fact]
    public void A_resumed_average_is_that_of_an_unbroken_run_bit_for_bit()
    {
        random.manual_seed(4);
        Parameter[] parameters = [Models.Parameter(ScalarType.Float64, 3, 4), Models.Parameter(ScalarType.BFloat16, 6)];
        using var unbroken = new WeightAverage(parameters, 0.8);
        WeightAverage resumed = new(parameters, 0.8);
        for (var n = 0; n < 12; n++)
        {
            if (n is 3 or 9) // as a mean, and as an exponential average
            {
                var next = new WeightAverage(parameters, 0.8) { Updates = resumed.Updates };
                foreach (var (mine, its) in next.Averages.Zip(resumed.Averages)) mine.copy_(its);
                resumed.Dispose();
                resumed = next;
            }
            Change(parameters);
            unbroken.Update();
            resumed.Update();
        }
        using (resumed)
            foreach (var (expected, actual) in unbroken.Averages.Zip(resumed.Averages)) Close.Exactly(expected, actual);
    }

    [Fact]
    public void A_negative_number_of_updates_is_refused()
    {
        using var average = new WeightAverage([Models.Parameter(2)]);
        average.Update();
        Assert.Contains("Updates", Assert.Throws<ArgumentException>(() => average.Updates = -1).Message);
        Assert.Equal(1, average.Updates);
    }

    [Fact]
    public void It_leaks_nothing()
    {
        Parameter[] parameters = [Models.Parameter(3, 4), Models.Parameter(ScalarType.BFloat16, 6)];
        using var average = new WeightAverage(parameters);
        var before = LiveTensors.Count;
        for (var n = 0; n < 20; n++)
        {
            average.Update();
            using (average.Swap(0.5)) { }
        }
        Assert.Equal(before, LiveTensors.Count);
    }

    [Theory, InlineData(-0.1), InlineData(1.1), InlineData(double.NaN)]
    public void Its_decay_is_checked(double decay) =>
        Assert.Contains("decay", Assert.Throws<ArgumentException>(() => new WeightAverage([Models.Parameter(2)], decay)).Message);

    private static void Change(IEnumerable<Parameter> parameters)
    {
        using var grad = no_grad();
        foreach (var parameter in parameters) parameter.copy_(randn(parameter.shape));
    }
}
