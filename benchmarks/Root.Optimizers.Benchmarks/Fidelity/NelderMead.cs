namespace Root.Optimizers.Benchmarks.Fidelity;

/// <summary>
/// The simplex method of Nelder and Mead (The Computer Journal 7, 1965), for a few variables and a loss that may be infinite
/// where a point is not allowed.
/// </summary>
internal static class NelderMead
{
    public static double[] Minimize(Func<double[], double> loss, double[] start, double step, int iterations = 2000)
    {
        var simplex = Enumerable.Range(0, start.Length + 1).Select(i =>
        {
            var point = (double[])start.Clone();
            if (i > 0) point[i - 1] += step;
            return (point, value: loss(point));
        }).ToArray();

        for (var iteration = 0; iteration < iterations; iteration++)
        {
            Array.Sort(simplex, (a, b) => a.value.CompareTo(b.value));
            var (best, worst) = (simplex[0], simplex[^1]);
            if (worst.value - best.value <= 1e-14 * (1 + best.value)) break;
            var centre = new double[start.Length];
            foreach (var (point, _) in simplex.SkipLast(1))
                for (var j = 0; j < centre.Length; j++) centre[j] += point[j] / start.Length;
            (double[] point, double value) Along(double t)
            {
                var point = centre.Select((c, j) => c + t * (worst.point[j] - c)).ToArray();
                return (point, loss(point));
            }

            var reflected = Along(-1);
            if (reflected.value < best.value)
                simplex[^1] = Along(-2) is var expanded && expanded.value < reflected.value ? expanded : reflected;
            else if (reflected.value < simplex[^2].value)
                simplex[^1] = reflected;
            else if (Along(0.5) is var contracted && contracted.value < worst.value)
                simplex[^1] = contracted;
            else
                for (var i = 1; i < simplex.Length; i++)
                {
                    var point = simplex[i].point.Select((x, j) => best.point[j] + 0.5 * (x - best.point[j])).ToArray();
                    simplex[i] = (point, loss(point));
                }
        }
        return simplex.MinBy(s => s.value).point;
    }
}
