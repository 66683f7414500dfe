using Root.Optimizers.Outliers;
using Root.Optimizers.Tests.Support;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Outliers;

public class OutlierSplitTests
{
    public static TheoryData<string> Items => [.. new Vectors("orthogonalize").Items];

    [Theory, MemberData(nameof(Items))]
    public void Agrees_with_the_published_program(string item)
    {
        var vectors = new Vectors("orthogonalize");
        var input = vectors[item + "/input"].OnDevice();
        var threshold = OutlierSplit.Threshold(input, 0.9);
        Close.To(vectors[item + "/threshold90"], threshold.reshape(1), 2e-6); // observed 1.2e-7
        Close.To(vectors[item + "/outliers"], OutlierSplit.Outliers(input, threshold), 2e-6);
        Close.To(vectors[item + "/base"], OutlierSplit.ToBase_(input, threshold), 2e-6);
    }

    [Fact]
    public void Base_and_outliers_add_up_and_a_tenth_is_clipped()
    {
        random.manual_seed(4);
        var momentum = randn(4, 50, 60).OnDevice().pow(3);
        var threshold = OutlierSplit.Threshold(momentum, 0.9);
        var outliers = OutlierSplit.Outliers(momentum, threshold);
        var clipped = (outliers != 0).to(float64).mean([-2, -1]);
        var @base = OutlierSplit.ToBase_(momentum.clone(), threshold);
        Close.To(momentum, @base + outliers, 5e-6); // observed 3.8e-6: half a unit in the last place of the largest value
        foreach (var share in clipped.cpu().data<double>()) Assert.InRange(share, 0.0995, 0.1005);
    }

    [Theory, InlineData(1e-20), InlineData(1e20)]
    public void The_threshold_by_scale_touches_of_Gaussian_entries_those_beyond_four_deviations(double scale)
    {
        random.manual_seed(9);
        var momentum = randn(2, 1000, 2000).OnDevice() * scale;
        foreach (var exact in new[] { true, false })
        {
            var threshold = OutlierSplit.ThresholdByScale(momentum, 5.93, exact);
            Assert.Equal([2, 1, 1], threshold.shape);
            // A sample's median deviates by 0.6 percent. Observed 0.050.
            Close.To(full(2, 1, 1, 4), threshold / scale, 0.08);
            var touched = (momentum.abs() > threshold).to(float64).mean([-2, -1]);
            // Of normal entries 6.3e-5; at 4.05 deviations 5.1e-5.
            foreach (var share in touched.cpu().data<double>()) Assert.InRange(share, 4.5e-5, 9e-5);
        }
    }

    [Fact]
    public void The_threshold_by_scale_is_the_median_times_k_and_takes_nothing_from_a_matrix_of_mostly_zeros()
    {
        random.manual_seed(9);
        var momentum = randn(3, 5, 7, dtype: float64).OnDevice();
        var expected = momentum.abs().flatten(1).sort().Values[.., 17] * 3;
        Close.To(expected, OutlierSplit.ThresholdByScale(momentum, 3).flatten(), 1e-15); // observed 0
        var sparse = zeros(6, 6).OnDevice();
        sparse[1, 2] = 5f;
        sparse[3, 3] = 0.1f;
        Close.Exactly(sparse, OutlierSplit.ToBase_(sparse.clone(), OutlierSplit.ThresholdByScale(sparse, 5.93)));
    }

    [Fact]
    public void A_matrix_of_mostly_zeros_keeps_a_base()
    {
        var momentum = zeros(10, 10).OnDevice();
        momentum[0, 0] = 5f;
        momentum[3, 7] = -2f;
        var @base = OutlierSplit.ToBase_(momentum.clone(), OutlierSplit.Threshold(momentum, 0.9));
        Assert.Equal(2, (@base != 0).sum().item<long>());
        Assert.True(@base[3, 7].item<float>() < 0);
    }

    [Fact, Slow]
    public void A_momentum_of_few_entries_that_the_sample_misses_keeps_a_base()
    {
        // The sample of a wide matrix does not pass through all of its columns.
        for (var column = 0L; column < 20; column++)
        {
            var M = zeros(64, 100_000).OnDevice();
            M.narrow(1, column, 1).fill_(1);
            var threshold = OutlierSplit.Threshold(M, 0.9, exact: false);
            Assert.Equal(1e-9, threshold.item<float>(), 1e-15);
            Assert.Equal(64, OutlierSplit.ToBase_(M, threshold).sign().sum().item<float>());
        }
    }

    [Fact]
    public void A_step_along_such_a_momentum_moves()
    {
        var parameter = new TorchSharp.Modules.Parameter(zeros(64, 100_000).OnDevice());
        var gradient = zeros(64, 100_000).OnDevice();
        gradient.narrow(1, 1, 1).fill_(1);
        using var optimizer = new RootOptimizer([("fc1.weight", parameter)], new RootOptimizer.Options { learn_coefficients = false });
        Models.Gradient(parameter, gradient);
        optimizer.step();
        Assert.True(parameter.abs().max().item<float>() > 0);
    }
}
