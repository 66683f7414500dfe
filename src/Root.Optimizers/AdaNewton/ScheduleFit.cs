using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.AdaNewton;

/// <summary>
/// Fits coefficients to the singular values that a shape's momentum really has: three parts measured, one part Gaussian.
/// The mix is the paper's (ROOT, arXiv 2511.20626: random : real = 1 : 3 generalizes best).
/// </summary>
internal static class ScheduleFit
{
    /// <summary>The weight of the measured spectrum; the rest is the Gaussian's.</summary>
    public const double MeasuredShare = 0.75;

    /// <summary>The schedule of <see cref="MinimaxFamily.Bank"/> with the least mean of (p(s) - 1)^2, and that mean.</summary>
    /// <param name="measured">The singular values of the shape's momentum.</param>
    /// <param name="rows">The shape, in either orientation.</param>
    /// <param name="columns">The shape, in either orientation.</param>
    /// <param name="steps">The number of Newton-Schulz steps.</param>
    /// <exception cref="ArgumentException">The spectrum is not usable.</exception>
    public static (NewtonSchulzSchedule schedule, double error) Fit(Spectrum measured, long rows, long columns, int steps)
    {
        var nodes = Mix(measured, rows, columns, Normalization.Schatten8);
        return MinimaxFamily.Bank(steps).Select(schedule => (schedule, error: Error(schedule, nodes))).MinBy(fit => fit.error);
    }

    /// <summary>Measured and Gaussian spectrum in one, each normalized by itself.</summary>
    public static Spectrum Mix(Spectrum measured, long rows, long columns, Normalization normalization,
        double measuredShare = MeasuredShare)
    {
        if (!measured.IsUsable) throw new ArgumentException("The spectrum is zero or not finite.", nameof(measured));
        var real = measured.Normalized(normalization);
        var random = Spectrum.Gaussian(rows, columns).Normalized(normalization);
        return new([.. real.Values, .. random.Values],
            [.. real.Weights.Select(w => w * measuredShare), .. random.Weights.Select(w => w * (1 - measuredShare))],
            real.Count);
    }

    /// <summary>The mean of (p(s) - 1)^2 over a normalized spectrum.</summary>
    public static double Error(NewtonSchulzSchedule schedule, Spectrum nodes)
    {
        var (values, weights) = nodes.Nodes;
        var error = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            var off = schedule.Apply(values[i]) - 1;
            error += weights[i] * off * off;
        }
        return error;
    }
}
