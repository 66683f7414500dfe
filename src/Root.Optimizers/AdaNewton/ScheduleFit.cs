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

    /// <summary>
    /// The schedule of <see cref="MinimaxFamily.Bank"/> with the least <see cref="Error"/>, or, of few steps,
    /// <see cref="Shortfall"/>; and its error.
    /// </summary>
    /// <param name="measured">The singular values of the shape's momentum.</param>
    /// <param name="rows">The shape, in either orientation.</param>
    /// <param name="columns">The shape, in either orientation.</param>
    /// <param name="steps">The number of Newton-Schulz steps.</param>
    /// <exception cref="ArgumentException">The spectrum is not usable.</exception>
    public static (NewtonSchulzSchedule schedule, double error) Fit(Spectrum measured, long rows, long columns, int steps)
    {
        var nodes = Mix(measured, rows, columns, Normalization.Schatten8);
        Func<NewtonSchulzSchedule, Spectrum, double> cost = steps <= MinimaxFamily.FewSteps ? Shortfall : Error;
        var best = MinimaxFamily.Bank(steps).MinBy(schedule => cost(schedule, nodes))!;
        return (best, Error(best, nodes));
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

    /// <summary>
    /// What a training feels of few steps: small singular values that stay small, not those that end half too large or too small. The
    /// mean over a normalized spectrum of max(0, 1/2 - p(s/8))^2 + (p(s) - 1)^2 / 100: of values an eighth as large, because what
    /// the spectrum at hand lets go, momentum of other steps asks for. Source: final losses of CharGpt, docs/results/sign.md; of the
    /// three numbers only the eighth was tried otherwise.
    /// </summary>
    public static double Shortfall(NewtonSchulzSchedule schedule, Spectrum nodes) => nodes.Mean(s =>
    {
        var (missing, off) = (Math.Max(0, 0.5 - schedule.Apply(s / 8)), schedule.Apply(s) - 1);
        return missing * missing + off * off / 100;
    });

    /// <summary>The mean of (p(s) - 1)^2 over a normalized spectrum.</summary>
    public static double Error(NewtonSchulzSchedule schedule, Spectrum nodes) => nodes.Mean(s =>
    {
        var off = schedule.Apply(s) - 1;
        return off * off;
    });
}
