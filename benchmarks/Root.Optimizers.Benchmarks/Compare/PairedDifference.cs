using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace Root.Optimizers.Benchmarks.Compare;

/// <summary>Differences of pairs, seed by seed, as a sample of a normal distribution of unknown width.</summary>
/// <param name="Mean">Of the differences.</param>
/// <param name="StandardError">Of the mean; no number for a single pair.</param>
/// <param name="Count">How many pairs.</param>
internal sealed record PairedDifference(double Mean, double StandardError, int Count)
{
    public static PairedDifference Of(IReadOnlyCollection<double> differences) => new(
        differences.Mean(), differences.StandardDeviation() / Math.Sqrt(differences.Count), differences.Count);

    /// <summary>What the true mean lies below with 95 % confidence, one-sided, by Student's t.</summary>
    public double UpperBound => Mean + StandardError * StudentT.InvCDF(0, 1, Count - 1, 0.95);

    /// <summary>How often chance alone would give a mean as low as this, where the true one is 0: the one-sided p of a paired
    /// t-test.</summary>
    public double PBelowZero => StudentT.CDF(0, 1, Count - 1, Mean / StandardError);
}
