using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Orthogonalization;

public class MinimaxFamilyTests
{
    [Fact]
    public void The_check_values_come_out()
    {
        // Source: an independent computation of the same construction; table(1e-2, 4, 0.01).
        var schedule = MinimaxFamily.Table(1e-2, 4, 0.01);
        Assert.Equal(8.021102519956, schedule[0].A, 11);
        Assert.Equal(-22.956166802831, schedule[0].B, 10);
        Assert.Equal(16.623115472704, schedule[0].C, 10);
        Assert.Equal(0.017012843245, schedule.Bound, 1e-11);
    }

    [Theory]
    [InlineData(1e-3, 1)]
    [InlineData(0.05, 1.3)]
    [InlineData(0.5, 0.9)]
    public void Remez_finds_four_equal_alternating_extremes(double l, double u)
    {
        var (triple, error) = MinimaxFamily.Remez(l, u);
        // Of the best approximation, and only of it, the error takes its largest value at four points, signs alternating.
        var samples = Enumerable.Range(0, 200_001).Select(i => l + (u - l) * i / 200_000).Select(s => triple.Apply(s) - 1).ToArray();
        Assert.Equal(error, samples.Max(Math.Abs), 8);
        var extremes = new List<int>();
        foreach (var sample in samples.Where(s => Math.Abs(s) > error * (1 - 1e-6)))
            if (extremes.Count == 0 || extremes[^1] != Math.Sign(sample)) extremes.Add(Math.Sign(sample));
        Assert.Equal([-1, 1, -1, 1], extremes);
    }

    [Fact]
    public void Remez_of_a_point_is_the_classic_iteration()
    {
        Assert.Equal((PublishedSchedules.ClassicTriple, 0), MinimaxFamily.Remez(1, 1));
        Assert.Throws<ArgumentException>(() => MinimaxFamily.Remez(0, 1));
        Assert.Throws<ArgumentException>(() => MinimaxFamily.Remez(2, 1));
        Assert.Throws<ArgumentException>(() => MinimaxFamily.Table(1, 3));
        Assert.Throws<ArgumentException>(() => MinimaxFamily.Table(0.1, 0));
    }

    [Fact]
    public void In_bfloat16_steps_that_it_cannot_show_are_left_out()
    {
        // The bank's values of l at 10^(-4.5 + i/20).
        NewtonSchulzSchedule Member(int i, int steps) => MinimaxFamily.Bank(steps).Single(s => s.Lower == Math.Pow(10, -4.5 + i / 20.0));
        Assert.Equal(Member(76, 3), Member(76, 4).ForType(ScalarType.BFloat16)); // l = 0.2: a bound of 4e-6
        Assert.Equal(Member(58, 4), Member(58, 5).ForType(ScalarType.BFloat16)); // l = 0.025: 2.7e-4 after four, 0.07 after three
        Assert.Equal(4, Member(57, 4).ForType(ScalarType.BFloat16).Count);
        Assert.Equal(4, Member(76, 4).ForType(ScalarType.Float32).Count);
        var published = PublishedSchedules.Muon();
        Assert.Same(published, published.ForType(ScalarType.BFloat16));

        random.manual_seed(1);
        foreach (var (schedule, n) in new[] { (Member(76, 4), 64L), (Member(70, 4), 200), (Member(58, 5), 64) })
        {
            // Singular values that fill [l, 1], and the schedule made for their Frobenius norm.
            var values = logspace(0, Math.Log10(schedule.Lower!.Value), n, dtype: float64);
            var norm = linalg.vector_norm(values).item<double>();
            var U = linalg.svd(randn(n, n, dtype: float64)).U;
            var V = linalg.svd(randn(3 * n, n, dtype: float64), fullMatrices: false).U;
            var matrix = U.matmul(diag(values)).matmul(V.mT).to(float32).OnDevice();
            NewtonSchulzSchedule ForNorm(NewtonSchulzSchedule steps) =>
                new(steps.Select((t, k) => k == 0 ? t.ForInputOver(1 / norm) : t), steps.Lower);
            // What rounding alone leaves. Observed 0.5e-5 to 1.6e-5 with all steps, 0.8e-5 to 2.0e-5 with fewer.
            Assert.InRange(Error(ForNorm(schedule), matrix), 0, 4e-5);
            Assert.InRange(Error(ForNorm(schedule.ForType(ScalarType.BFloat16)), matrix), 0, 4e-5);

            // The same where the first step divides by the Schatten-8 norm, as it does in a training. Observed 0.6e-5 to 1.4e-5 with
            // all steps, 1.3e-5 to 3.8e-5 with fewer (the most at l = 0.1, three steps; 4.2e-5 on another matrix).
            matrix = Filling.Matrix(schedule.Lower.Value, n, 3 * n).to(float32).OnDevice();
            Assert.InRange(Error(schedule, matrix), 0, 4e-5);
            Assert.InRange(Error(schedule.ForType(ScalarType.BFloat16), matrix), 0, 6e-5);
        }

        static double Error(NewtonSchulzSchedule schedule, Tensor matrix)
        {
            var s = linalg.svdvals(NewtonSchulz.Orthogonalize(matrix, schedule, ScalarType.BFloat16).cpu().to(float64));
            return (s - 1).square().mean().item<double>();
        }
    }

    [Fact]
    public void The_bound_holds_under_adversarial_perturbations()
    {
        // The guarantee, by property: random l and T; before each step a relative error up to delta, at its worst or random.
        var random = new Random(1);
        for (var trial = 0; trial < 300; trial++)
        {
            var l = Math.Pow(10, -3.5 + 3 * random.NextDouble());
            var steps = random.Next(1, 8);
            var schedule = MinimaxFamily.Table(l, steps);
            for (var sample = 0; sample < 100; sample++)
            {
                var inside = sample < 80;
                var start = inside ? l * Math.Pow(1 / l, random.NextDouble()) : l * random.NextDouble();
                var (exact, single) = (start, (float)start);
                foreach (var step in schedule)
                {
                    var error = random.Next(3) switch { 0 => -1, 1 => 1, _ => 2 * random.NextDouble() - 1 };
                    exact = step.Apply(exact * (1 + NewtonSchulzSchedule.Margin * error));
                    // In float32 a little of the margin is left for rounding.
                    var s = single * (float)(1 + 0.999 * NewtonSchulzSchedule.Margin * error);
                    single = s * ((float)step.A + s * s * ((float)step.B + s * s * (float)step.C));
                }
                var least = inside ? 1 - schedule.Bound : 0;
                Assert.InRange(exact, least - 1e-12, 1 + schedule.Bound + 1e-12);
                Assert.InRange(single, least - 1e-5, 1 + schedule.Bound + 1e-5);
            }
        }
    }

    [Fact]
    public void The_bank_holds_stable_schedules_of_small_bound()
    {
        foreach (var steps in new[] { 3, 4, 5, 6 })
        {
            var bank = MinimaxFamily.Bank(steps);
            Assert.InRange(bank.Count, 20, 81);
            Assert.All(bank, schedule => Assert.True(schedule.IsStable && schedule.Bound <= MinimaxFamily.LargestBound(steps)));
            Assert.Equal(bank.OrderBy(s => s.Lower).Select(s => s.Lower), bank.Select(s => s.Lower));
        }
        Assert.NotEmpty(MinimaxFamily.Bank(1));
    }
}
