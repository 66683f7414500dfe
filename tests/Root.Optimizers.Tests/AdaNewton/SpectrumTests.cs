using Root.Optimizers.AdaNewton;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.AdaNewton;

public class SpectrumTests
{
    [Theory]
    [InlineData(30, 50)]
    [InlineData(50, 30)]
    [InlineData(1, 9)]
    [InlineData(9, 1)]
    [InlineData(2, 2)]
    public void Exact_values_are_those_of_the_SVD(long rows, long columns)
    {
        var matrix = randn(rows, columns, dtype: float64);
        var expected = linalg.svdvals(matrix).data<double>().Order().ToArray();
        var actual = Spectrum.Exact(matrix.OnDevice()).Values.Order().ToArray();
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (e, a) in expected.Zip(actual)) Assert.Equal(e, a, 6); // eigenvalues are squares: an error of 1e-14 in one of 1e-2
    }

    [Theory]
    [InlineData(600, 1200)]
    [InlineData(1500, 560)]
    public void Lanczos_gives_the_distribution_and_the_schedule_that_the_exact_values_give(long rows, long columns)
    {
        // Entries of a random matrix with spread-out columns: singular values over three decades.
        random.manual_seed(4);
        var matrix = (randn(rows, columns) * logspace(0, -3, columns)).OnDevice();
        var exact = Spectrum.Exact(matrix);
        var quadrature = Spectrum.FromMatrix(matrix);
        Assert.Equal(Spectrum.LanczosSteps, quadrature.Values.Count);
        Assert.Equal(1, quadrature.Weights.Sum(), 9);
        Assert.Equal(Math.Min(rows, columns), quadrature.Count);
        Assert.Equal(exact.Values.Max(), quadrature.Values.Max(), exact.Values.Max() * 1e-4);
        // One probe: the mean of s^2 differs by its sampling error.
        Assert.InRange(quadrature.Mean(s => s * s) / exact.Mean(s => s * s), 0.8, 1.25);
        double Lower(Spectrum spectrum)
        {
            var nodes = ScheduleFit.Mix(spectrum, rows, columns, Normalization.Frobenius);
            return MinimaxFamily.Bank(5).MinBy(schedule => ScheduleFit.Error(schedule, nodes))!.Lower!.Value;
        }
        Assert.InRange(Lower(quadrature) / Lower(exact), 0.7, 1.42); // within three of the bank's steps of 1.12
    }

    [Fact]
    public void The_Gaussian_spectrum_is_that_of_Gaussian_matrices()
    {
        random.manual_seed(5);
        var sampled = Spectrum.Exact(randn(300, 700)).Normalized(Normalization.Frobenius);
        var limit = Spectrum.Gaussian(700, 300).Normalized(Normalization.Frobenius);
        foreach (var power in new[] { 1, 2, 4, 8 })
            // one sampled matrix of 300 values
            Assert.InRange(limit.Mean(s => Math.Pow(s, power)) / sampled.Mean(s => Math.Pow(s, power)), 0.97, 1.03);
    }

    [Fact]
    public void Normalized_spectra_have_norm_one_and_lie_in_0_to_1()
    {
        foreach (var scale in new[] { 1e-25, 1.0, 1e25 })
        {
            var spectrum = Spectrum.Exact(randn(20, 30, dtype: float64) * scale);
            Assert.Equal(1, 20 * spectrum.Normalized(Normalization.Frobenius).Mean(s => s * s), 9);
            var tight = spectrum.Normalized(Normalization.Schatten8);
            Assert.Equal(1, 20 * tight.Mean(s => Math.Pow(s, 8)), 9);
            Assert.InRange(tight.Values.Max(), 0.5, 1);
        }
    }

    [Fact]
    public void Zero_and_non_finite_matrices_are_told_apart_from_usable_ones()
    {
        var bad = randn(5, 6);
        bad[2, 3] = float.NaN;
        Assert.False(Spectrum.FromMatrix(bad.OnDevice()).IsUsable);
        Assert.False(Spectrum.FromMatrix(zeros(5, 6).OnDevice()).IsUsable);
        var large = randn(600, 600);
        large[2, 3] = float.PositiveInfinity;
        Assert.False(Spectrum.FromMatrix(large.OnDevice()).IsUsable);
        Assert.False(Spectrum.FromMatrix(zeros(600, 600).OnDevice()).IsUsable);
        Assert.True(Spectrum.FromMatrix(randn(5, 6).OnDevice() * 1e-30).IsUsable);
    }

    [Theory]
    [InlineData(20)] // all singular values
    [InlineData(600)] // a quadrature
    public void The_spectrum_of_float64_momentum_is_found_at_every_scale(long side)
    {
        random.manual_seed(4);
        var X = randn(side, side, dtype: float64).OnDevice();
        double Mean(double scale) => Spectrum.FromMatrix(X * scale).Mean(s => s) / scale;
        foreach (var scale in new[] { 1e-200, 1e-162, 1e150, 1e200 }) Assert.Equal(1, Mean(scale) / Mean(1), 1e-9);
    }
}
