using Root.Optimizers.AdaNewton;
using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.Tests.Orthogonalization;

public class ScheduleTests
{
    [Fact]
    public void The_interval_test_accepts_and_refuses_the_right_published_sets()
    {
        Assert.True(PublishedSchedules.Muon().IsStable);
        Assert.True(PublishedSchedules.Classic().IsStable);
        Assert.True(PublishedSchedules.Quintic.IsStable);
        Assert.True(PublishedSchedules.You6.IsStable);
        Assert.True(PublishedSchedules.PolarExpress(5).IsStable);
        Assert.True(PublishedSchedules.PolarExpress(10).IsStable);

        NewtonSchulzSchedule Root(long m, long n) => NewtonSchulzSchedule.Repeat(PublishedSchedules.RootTriples[(m, n)], 5);
        Assert.False(Root(2048, 2048).IsStable);
        Assert.False(Root(2048, 3072).IsStable);
        Assert.True(Root(2048, 8192).IsStable);
        Assert.True(Root(2048, 16384).IsStable);
    }

    [Fact]
    public void A_schedule_that_ends_far_below_zero_is_not_stable() =>
        Assert.False(new NewtonSchulzSchedule([new(1, -50, 0)]).IsStable);

    [Fact]
    public void Roots_square_triple_grows_without_limit()
    {
        // What the interval test finds out: a value above the repelling fixed point 1.2236 leaves for good.
        var triple = PublishedSchedules.RootTriples[(2048, 2048)];
        var s = 1.2246;
        for (var step = 0; step < 30; step++) s = triple.Apply(s);
        Assert.True(Math.Abs(s) > 10);
    }

    [Fact]
    public void The_image_of_an_interval_holds_its_samples_and_touches_them()
    {
        var random = new Random(2);
        for (var trial = 0; trial < 200; trial++)
        {
            var triple = new QuinticStep(4 * random.NextDouble(), -8 * random.NextDouble(), 4 * random.NextDouble());
            var (low, high) = (random.NextDouble(), 1 + random.NextDouble());
            var samples = Enumerable.Range(0, 20_001).Select(i => triple.Apply(low + (high - low) * i / 20_000)).ToArray();
            var (least, most) = triple.Image(low, high);
            Assert.Equal(least, samples.Min(), 5);
            Assert.Equal(most, samples.Max(), 5);
        }
    }

    [Fact]
    public void A_schedule_without_a_stated_interval_promises_nothing_of_small_values()
    {
        Assert.Null(PublishedSchedules.Muon().Lower);
        Assert.True(PublishedSchedules.Muon().Bound >= 1);
        Assert.Throws<ArgumentException>(() => new NewtonSchulzSchedule([PublishedSchedules.MuonTriple], lower: 0));
        Assert.Throws<ArgumentException>(() => new NewtonSchulzSchedule([PublishedSchedules.MuonTriple], lower: 1.5));
    }

    [Theory] // The range over [0.007, 1]. Source: an independent evaluation of the published numbers.
    [InlineData("cans", 0.88, 1.12)]
    [InlineData("deepseekv4", 1.000, 1.001)]
    [InlineData("polar_express", 0.87, 1.12)]
    public void Published_sets_bring_singular_values_to_their_known_range(string name, double least, double most)
    {
        var schedule = name switch
        {
            "cans" => PublishedSchedules.Cans,
            "deepseekv4" => PublishedSchedules.DeepSeekV4,
            _ => PublishedSchedules.PolarExpress(),
        };
        var images = Enumerable.Range(0, 10_001).Select(i => schedule.Apply(Math.Pow(0.007, i / 1e4))).ToArray();
        Assert.Equal((least, most), (Math.Round(images.Min(), least == 1 ? 3 : 2), Math.Round(images.Max(), least == 1 ? 3 : 2)));
    }

    [Theory] // Mean squared error over the Gaussian spectrum. Source: an independent computation with random matrices.
    [InlineData("classic", 2048, 2048, 4.2e-1)]
    [InlineData("muon", 2048, 2048, 4.9e-2)]
    [InlineData("quintic", 2048, 2048, 2.2e-2)]
    [InlineData("polar_express", 2048, 2048, 1.8e-2)]
    [InlineData("you6", 2048, 2048, 9.3e-3)]
    [InlineData("classic", 2048, 8192, 3.0e-1)]
    [InlineData("muon", 2048, 8192, 3.4e-2)]
    [InlineData("quintic", 2048, 8192, 2.9e-4)]
    [InlineData("polar_express", 2048, 8192, 8.8e-3)]
    [InlineData("you6", 2048, 8192, 7.5e-6)]
    public void Published_sets_have_their_known_error_on_Gaussian_matrices(string name, long rows, long columns, double expected)
    {
        var schedule = name switch
        {
            "classic" => PublishedSchedules.Classic(),
            "muon" => PublishedSchedules.Muon(),
            "quintic" => PublishedSchedules.Quintic,
            "polar_express" => PublishedSchedules.PolarExpress(),
            _ => PublishedSchedules.You6,
        };
        var error = ScheduleFit.Error(schedule, Spectrum.Gaussian(rows, columns, 4000).Normalized(Normalization.Frobenius));
        Assert.InRange(error, 0.9 * expected, 1.1 * expected); // the values are given to two digits, and of sampled matrices
    }
}
