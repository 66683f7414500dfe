namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// Fits coefficients to the singular values that a shape's momentum really has: three parts measured, one part Gaussian.
/// The mix is the paper's (ROOT, arXiv 2511.20626: random : real = 1 : 3 generalises best).
/// </summary>
public static class ScheduleFit
{
    /// <summary>The weight of the measured spectrum; the rest is the Gaussian's.</summary>
    public const double MeasuredShare = 0.75;

    /// <summary>The schedule of <see cref="MinimaxFamily.Bank"/> with the least mean of (p(s) - 1)^2, and that mean.</summary>
    /// <param name="measured">The singular values of the shape's momentum.</param>
    /// <param name="rows">The shape, in either orientation.</param>
    /// <param name="columns">The shape, in either orientation.</param>
    /// <param name="steps">The number of Newton-Schulz steps.</param>
    /// <param name="normalisation">What the matrix will be divided by.</param>
    /// <exception cref="ArgumentException">The spectrum is not usable.</exception>
    public static (NewtonSchulzSchedule schedule, double error) Fit(Spectrum measured, long rows, long columns, int steps,
        Normalisation normalisation)
    {
        var nodes = Mix(measured, rows, columns, normalisation);
        return MinimaxFamily.Bank(steps).Select(schedule => (schedule, error: Error(schedule, nodes))).MinBy(fit => fit.error);
    }

    /// <summary>
    /// ROOT's own form: one triple for all steps, by least squares over the same nodes, among stable ones. The unconstrained
    /// optimum usually diverges under a perturbation of 1 %.
    /// </summary>
    /// <param name="nodes">A normalised spectrum.</param>
    /// <param name="steps">The number of Newton-Schulz steps.</param>
    public static (NewtonSchulzSchedule schedule, double error) FitSingleTriple(Spectrum nodes, int steps)
    {
        double Loss(double[] x)
        {
            var schedule = NewtonSchulzSchedule.Repeat(new(x[0], x[1], x[2]), steps);
            return schedule.Stable ? Error(schedule, nodes) : double.PositiveInfinity;
        }

        var best = new[] { PublishedSchedules.MuonTriple, PublishedSchedules.ClassicTriple, new(2.9794, -3.6674, 1.6207) }
            .Select(start => NelderMead.Minimise(Loss, [start.A, start.B, start.C], step: 0.1))
            .MinBy(Loss)!;
        return (NewtonSchulzSchedule.Repeat(new(best[0], best[1], best[2]), steps), Loss(best));
    }

    /// <summary>Measured and Gaussian spectrum in one, each normalised by itself.</summary>
    public static Spectrum Mix(Spectrum measured, long rows, long columns, Normalisation normalisation,
        double measuredShare = MeasuredShare)
    {
        if (!measured.IsUsable) throw new ArgumentException("The spectrum is zero or not finite.", nameof(measured));
        var real = measured.Over(normalisation);
        var random = Spectrum.Gaussian(rows, columns).Over(normalisation);
        return new([.. real.Values, .. random.Values],
            [.. real.Weights.Select(w => w * measuredShare), .. random.Weights.Select(w => w * (1 - measuredShare))],
            real.Count);
    }

    /// <summary>The mean of (p(s) - 1)^2 over a normalised spectrum.</summary>
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
