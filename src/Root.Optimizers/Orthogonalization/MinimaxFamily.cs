namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// Schedules whose every step is the best odd quintic for what the steps before it leave: the composition that minimizes
/// max |p(s) - 1| over [l, 1] greedily, one parameter l. Source: Polar Express (Amsel et al., arXiv 2505.16932), here
/// with every step made for an interval widened by delta, so that the bound holds under relative errors up to delta. They are for
/// <see cref="Normalization.Schatten8"/>, which leaves singular values the closest to 1.
/// </summary>
internal static class MinimaxFamily
{
    /// <summary>Up to so many steps cannot both lift what is small and end near 1.</summary>
    public const int FewSteps = 3;

    /// <summary>
    /// A schedule with a larger bound is not offered. Source: three steps to within 0.58 of 1 cost a training no loss
    /// (docs/results/sign.md); more need not leave values as far off.
    /// </summary>
    public static double LargestBound(int steps) => steps <= FewSteps ? 0.6 : 0.3;

    /// <summary>The best odd quintic for 1 on [l, u], and its error E: |p(s) - 1| &lt;= E there.</summary>
    /// <remarks>
    /// A Remez exchange on [l/u, 1] with four reference points: a z + b z^3 + c z^5 + sigma E = 1, sigma = (+, -, +, -), whose
    /// two inner points then move to the extremes of the polynomial found, until E moves by less than 1e-14. Where
    /// l/u > 1 - 5e-6 the exchange has no room left and the Taylor polynomial at u is exact to rounding.
    /// </remarks>
    /// <exception cref="ArgumentException">Not 0 &lt; l &lt;= u.</exception>
    public static (QuinticStep triple, double error) Remez(double l, double u)
    {
        if (!(l > 0 && l <= u && double.IsFinite(u)))
            throw new ArgumentException($"Remez takes 0 < l <= u; got l = {l}, u = {u}.");
        var rho = l / u;
        if (rho > 1 - 5e-6) return (PublishedSchedules.ClassicTriple.ForInputOver(u), 0);

        var (q, r, error) = ((3 * rho + 1) / 4, (rho + 3) / 4, double.PositiveInfinity);
        for (var iteration = 0; iteration < 100; iteration++)
        {
            var (a, b, c, E) = SolveAlternation(rho, q, r);
            var moved = Math.Abs(E - error);
            error = E;
            if (moved < 1e-14) return (new QuinticStep(a, b, c).ForInputOver(u), E);
            var root = Math.Sqrt(9 * b * b - 20 * a * c);
            (q, r) = (Math.Sqrt((-3 * b - root) / (10 * c)), Math.Sqrt((-3 * b + root) / (10 * c)));
        }
        throw new InvalidOperationException($"The Remez exchange did not settle on [{l}, {u}].");
    }

    /// <summary>
    /// The schedule of <paramref name="steps"/> steps for singular values in [l, 1]: each takes the best quintic of
    /// [(1 - delta) l, (1 + delta) u], after which l = 1 - E and u = 1 + E.
    /// </summary>
    /// <param name="l">In (0, 1).</param>
    /// <param name="steps">At least 1.</param>
    /// <param name="delta">The relative error in each step that the bound allows for.</param>
    /// <exception cref="ArgumentException">An argument is out of range.</exception>
    public static NewtonSchulzSchedule Table(double l, int steps, double delta = NewtonSchulzSchedule.Margin)
    {
        if (!(l > 0 && l < 1)) throw new ArgumentException($"l is {l}; it must lie in (0, 1).", nameof(l));
        if (!(delta >= 0 && delta < 1)) throw new ArgumentException($"delta is {delta}; it must lie in [0, 1).", nameof(delta));
        var triples = new List<QuinticStep>(Math.Max(steps, 0));
        var (lower, upper) = (l, 1.0);
        for (var step = 0; step < steps; step++)
        {
            var (triple, error) = Remez((1 - delta) * lower, (1 + delta) * upper);
            triples.Add(triple);
            (lower, upper) = (1 - error, 1 + error);
        }
        return new(triples, l, Normalization.Schatten8);
    }

    /// <summary>
    /// The schedules a fit chooses from: 81 values of l, spaced evenly in log l over [10^-4.5, 10^-0.5], less those whose
    /// bound exceeds <see cref="LargestBound"/> (all but the last, where one or two steps are too few for it). Made once for each
    /// number of steps, in about a millisecond.
    /// </summary>
    public static IReadOnlyList<NewtonSchulzSchedule> Bank(int steps) => Banks.GetOrAdd(steps, static count =>
        Enumerable.Range(0, 81)
            .Select(i => Table(Math.Pow(10, -4.5 + i / 20.0), count))
            .Where((schedule, i) => schedule.Bound <= LargestBound(count) || i == 80)
            .ToArray());

    /// <summary>Whether <see cref="Table"/> makes this schedule of its l and its number of steps.</summary>
    internal static bool Contains(NewtonSchulzSchedule schedule) =>
        schedule is { Normalization: Normalization.Schatten8, Lower: > 0 and < 1 }
            && schedule.Equals(Table(schedule.Lower.Value, schedule.Count));

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<int, NewtonSchulzSchedule[]> Banks = new();

    /// <summary>a z + b z^3 + c z^5 + sigma E = 1 at z = (rho, q, r, 1), by elimination with pivoting.</summary>
    private static (double a, double b, double c, double E) SolveAlternation(double rho, double q, double r)
    {
        var rows = new double[4][];
        double[] points = [rho, q, r, 1];
        for (var i = 0; i < 4; i++)
        {
            var z = points[i];
            rows[i] = [z, z * z * z, z * z * z * z * z, i % 2 == 0 ? 1 : -1, 1];
        }
        for (var column = 0; column < 4; column++)
        {
            var pivot = Enumerable.Range(column, 4 - column).MaxBy(i => Math.Abs(rows[i][column]));
            (rows[column], rows[pivot]) = (rows[pivot], rows[column]);
            for (var i = 0; i < 4; i++)
            {
                if (i == column) continue;
                var factor = rows[i][column] / rows[column][column];
                for (var j = column; j < 5; j++) rows[i][j] -= factor * rows[column][j];
            }
        }
        return (rows[0][4] / rows[0][0], rows[1][4] / rows[1][1], rows[2][4] / rows[2][2], rows[3][4] / rows[3][3]);
    }
}
