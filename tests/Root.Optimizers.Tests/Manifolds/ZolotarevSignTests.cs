using Root.Optimizers.Manifolds;
using Root.Optimizers.Manifolds.Tangent;

namespace Root.Optimizers.Tests.Manifolds;

public class ZolotarevSignTests
{
    private const double L = ZolotarevSign.Lower;

    private static double Apply(double x) =>
        ZolotarevSign.Terms.Sum(term => term.Residue * x / (x * x + term.Pole * term.Pole));

    private static IEnumerable<double> Grid(double from) =>
        Enumerable.Range(0, 20_001).Select(i => from * Math.Pow(1 / from, i / 20_000.0));

    /// <summary>
    /// sn and cn of modulus sqrt(1 - l^2) at fractions of the quarter period, by the arithmetic-geometric mean.
    /// </summary>
    private static (double sn, double cn) Jacobi(double fraction)
    {
        var (a, b, c) = (new List<double> { 1 }, L, new List<double> { Math.Sqrt(1 - L * L) });
        for (var doubling = 0; doubling < 8; doubling++)
        {
            c.Add((a[^1] - b) / 2);
            (var mean, b) = ((a[^1] + b) / 2, Math.Sqrt(a[^1] * b));
            a.Add(mean);
        }
        var phi = Math.Pow(2, a.Count - 1) * (fraction * Math.PI / 2); // the quarter period is pi / (2 a)
        for (var i = a.Count - 1; i > 0; i--) phi = (phi + Math.Asin(c[i] / a[i] * Math.Sin(phi))) / 2;
        return (Math.Sin(phi), Math.Cos(phi));
    }

    [Fact]
    public void Poles_and_residues_follow_from_elliptic_functions()
    {
        const int poles = 10;
        var square = Enumerable.Range(0, 2 * poles).Select(i => Jacobi(i / (2.0 * poles)))
            .Select(j => Math.Pow(L * j.sn / j.cn, 2)).ToArray();
        var t2 = Enumerable.Range(0, poles).Select(j => square[2 * j + 1]).ToArray();
        var zeros = Enumerable.Range(1, poles - 1).Select(j => square[2 * j]).ToArray();
        double Raw(double x) => x * zeros.Aggregate(1.0, (p, z) => p * (x * x + z)) / t2.Aggregate(1.0, (p, t) =>
            p * (x * x + t));
        var values = Grid(L).Select(Raw).ToArray();
        var scale = 1 / values.Max();
        for (var j = 0; j < poles; j++)
        {
            var residue = scale * zeros.Aggregate(1.0, (p, z) => p * (z - t2[j]))
                / t2.Where((_, k) => k != j).Aggregate(1.0, (p, t) => p * (t - t2[j]));
            Assert.Equal(1, ZolotarevSign.Terms[j].Pole / Math.Sqrt(t2[j]), 1e-9); // observed 4e-10: the digits given
            Assert.Equal(1, ZolotarevSign.Terms[j].Residue / residue, 1e-8); // observed 4e-10
        }
    }

    [Fact]
    public void It_is_at_most_1_and_at_least_what_is_stated()
    {
        var values = Grid(L).Select(Apply).ToArray();
        Assert.Equal(1, values.Max(), 1e-9); // observed 3e-10: the digits given
        Assert.InRange(1 - values.Min(), 0.99 * ZolotarevSign.Error, ZolotarevSign.Error);
        Assert.All(Grid(1e-9), x => Assert.InRange(Apply(x), 0, 1 + 1e-9));
    }
}
