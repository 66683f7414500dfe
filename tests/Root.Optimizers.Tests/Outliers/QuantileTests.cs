using Root.Optimizers.Outliers;
using Root.Optimizers.Tests.Support;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Outliers;

public class QuantileTests
{
    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 0.9)]
    [InlineData(11, 0.9)]
    [InlineData(1000, 0.9)]
    [InlineData(1000, 0.0)]
    [InlineData(1000, 1.0)]
    [InlineData(12345, 0.85)]
    public void Interpolates_between_sorted_values(int count, double q)
    {
        var values = randn(3, count, dtype: float64);
        var actual = Quantile.Exact(values.OnDevice(), q).cpu();
        Assert.Equal([3, 1], actual.shape);
        for (var row = 0; row < 3; row++)
        {
            var sorted = values[row].data<double>().ToArray();
            Array.Sort(sorted);
            var h = q * (count - 1);
            var k = (int)Math.Floor(h);
            var expected = k + 1 < count ? sorted[k] + (h - k) * (sorted[k + 1] - sorted[k]) : sorted[k];
            Assert.Equal(expected, actual[row, 0].item<double>(), 12);
        }
    }

    [Fact]
    public void The_index_is_right_above_2_to_the_24()
    {
        // In float32 the index 0.9 (N - 1) is off by one here and the published program returns another value.
        const int count = (1 << 24) + 12_345;
        var values = arange(count, dtype: float64).OnDevice();
        Assert.Equal(0.9 * (count - 1), Quantile.Exact(values, 0.9).item<double>(), 6);
    }

    [Fact]
    public void A_quantile_outside_0_to_1_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Quantile.Exact(zeros(3), 1.1));
        Assert.Throws<ArgumentException>(() => Quantile.Exact(zeros(3), double.NaN));
        Assert.Throws<ArgumentException>(() => Quantile.Exact(zeros(0), 0.5));
    }
}
