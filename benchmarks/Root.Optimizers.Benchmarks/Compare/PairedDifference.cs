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

    /// <summary>How probable a mean so low is where the true one is 0, one-sided, by Student's t.</summary>
    public double PValue => Count > 1 ? StudentT.CDF(0, 1, Count - 1, Mean / StandardError) : double.NaN;

    /// <summary>What the true mean lies below with 95 % confidence, one-sided, by Student's t.</summary>
    public double UpperBound => Count > 1 ? Mean + StandardError * StudentT.InvCDF(0, 1, Count - 1, 0.95) : double.NaN;
}
