using Root.Optimizers.AdaNewton;
using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.Benchmarks.Fidelity;

/// <summary>
/// ROOT's own form: one triple for all steps, by least squares over the same nodes, among stable ones. The unconstrained
/// optimum usually diverges under a perturbation of 1 %.
/// </summary>
internal static class SingleTriple
{
    /// <param name="nodes">A normalized spectrum.</param>
    /// <param name="steps">The number of Newton-Schulz steps.</param>
    public static (NewtonSchulzSchedule schedule, double error) Fit(Spectrum nodes, int steps)
    {
        double Loss(double[] x)
        {
            var schedule = NewtonSchulzSchedule.Repeat(new(x[0], x[1], x[2]), steps);
            return schedule.IsStable ? ScheduleFit.Error(schedule, nodes) : double.PositiveInfinity;
        }

        var best = new[] { PublishedSchedules.MuonTriple, PublishedSchedules.ClassicTriple, new(2.9794, -3.6674, 1.6207) }
            .Select(start => NelderMead.Minimize(Loss, [start.A, start.B, start.C], step: 0.1))
            .MinBy(Loss)!;
        return (NewtonSchulzSchedule.Repeat(new(best[0], best[1], best[2]), steps), Loss(best));
    }
}
