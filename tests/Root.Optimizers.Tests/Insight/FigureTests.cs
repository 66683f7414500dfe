using Root.Optimizers.AdaNewton;
using Root.Optimizers.Core;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Insight;

/// <summary>Every figure against its definition in float64.</summary>
public class FigureTests
{
    /// <summary>Whose gradient is heavy-tailed. Without momentum the first step's is the gradient.</summary>
    private static Parameter Heavy(long rows, long columns, int seed)
    {
        random.manual_seed(seed);
        var parameter = Models.Parameter(rows, columns);
        Models.Gradient(parameter, randn(rows, columns).pow(3));
        return parameter;
    }

    [Theory]
    [InlineData(0.9, null)]
    [InlineData(0.75, null)]
    [InlineData(0.9, 3.0)]
    public void Outliers_are_those_beyond_the_quantile_or_a_multiple_of_the_median(double quantile, double? scale)
    {
        using var parameter = Heavy(40, 30, seed: 1);
        using var optimizer = new RootOptimizer([parameter], lr: 0.02, new()
        {
            momentum = 0, nesterov = false, outlier_quantile = quantile, outlier_scale = scale, exact_quantile = true,
        });
        var entries = Watched.Entries(parameter.grad!);
        var magnitudes = entries.Select(Math.Abs).Order().ToArray();
        var found = Assert.Single(Watched.Step(optimizer).Matrices);

        // Between two entries the quantile is interpolated; the median by scale is the lower of the two.
        var position = quantile * (magnitudes.Length - 1);
        var eps = scale * magnitudes[(magnitudes.Length - 1) / 2] ?? magnitudes[(int)position]
            + (position - (int)position) * (magnitudes[(int)position + 1] - magnitudes[(int)position]);
        var beyond = magnitudes.Where(x => x > eps).ToArray();
        Watched.Close(eps, found.OutlierThreshold, 1e-6); // observed 5.5e-8
        Assert.Equal(beyond.Length / 1200.0, found.OutlierShare!.Value, 1e-7); // rounded to float32
        Watched.Close(beyond.Sum(x => (x - eps) * (x - eps)) / entries.Sum(x => x * x), found.OutlierEnergy, 1e-6); // observed 2.9e-7
        Watched.Close(Watched.Rms(entries), found.MomentumRms, 1e-6); // observed 3.4e-8
    }

    [Fact]
    public void The_energy_of_Gaussian_outliers_is_the_one_that_is_documented_and_without_a_split_there_is_none()
    {
        random.manual_seed(2);
        using var parameter = Models.Parameter(600, 500);
        Models.Gradient(parameter, randn(600, 500));
        double? EnergyAt(double quantile)
        {
            using var optimizer = new RootOptimizer([parameter], lr: 0, new() { outlier_quantile = quantile, learn_coefficients = false });
            return Watched.Step(optimizer).Matrices.Single().OutlierEnergy;
        }
        Assert.InRange(EnergyAt(0.9)!.Value, 0.030, 0.033); // 0.0312 in theory; observed 0.0317, by a sampled quantile
        Assert.Null(EnergyAt(1));
    }

    [Fact]
    public void A_momentum_of_zeros_has_no_outliers()
    {
        using var parameter = Models.Parameter(6, 4);
        using var optimizer = new RootOptimizer([parameter], lr: 0.02);
        Models.Gradient(parameter, zeros(6, 4));
        var found = Assert.Single(Watched.Step(optimizer).Matrices);
        Assert.Equal((0, 0, 0, 1), (found.MomentumRms, found.OutlierShare, found.OutlierEnergy, found.OrthogonalityError));
    }

    [Theory]
    [InlineData(24, 60, Precision.Float32)]
    [InlineData(60, 24, Precision.Float32)]
    [InlineData(32, 32, Precision.BFloat16)]
    public void The_orthogonality_error_is_that_of_singular_values(long rows, long columns, Precision precision)
    {
        using var parameter = Heavy(rows, columns, seed: 3);
        using var optimizer = new Muon([parameter], lr: 0.02, new() { momentum = 0, nesterov = false, precision = precision });
        var dtype = precision == Precision.Float32 ? float32 : bfloat16;
        using var U = NewtonSchulz.Orthogonalize(parameter.grad!, NewtonSchulzSchedule.Repeat(PublishedSchedules.MuonTriple, 5), dtype);
        var found = Assert.Single(Watched.Step(optimizer).Matrices);
        Watched.Close(Watched.OrthogonalityError(U), found.OrthogonalityError, 1e-6); // observed 9.2e-8
        Assert.Equal((null, 5, null), (found.ScheduleLower, found.ScheduleSteps, found.ScheduleError));
    }

    [Fact]
    public void The_schedule_is_the_one_that_the_step_took()
    {
        using var parameter = Heavy(48, 64, seed: 4);
        var table = new CoefficientTable();
        using var optimizer = new RootOptimizer([parameter], lr: 0.02, new() { coefficients = table, precision = Precision.Float32 });
        // What is learned in the first step takes effect in the second.
        var before = table.For(48, 64, 3);
        var first = Assert.Single(Watched.Step(optimizer).Matrices);
        Assert.Equal((before.Lower, 3, before.Bound, null),
            (first.ScheduleLower, first.ScheduleSteps, first.ScheduleBound, first.ScheduleError));
        var (_, _, _, entry) = Assert.Single(table.Entries);
        var second = Assert.Single(Watched.Step(optimizer).Matrices);
        Assert.Equal((entry.Schedule.Lower, 3, entry.Schedule.Bound, entry.Error),
            (second.ScheduleLower, second.ScheduleSteps, second.ScheduleBound, second.ScheduleError));
        Assert.NotEqual(first.ScheduleLower, second.ScheduleLower);
    }

    [Fact]
    public void Steps_that_16_bits_do_not_need_are_not_counted()
    {
        using var parameter = Heavy(48, 64, seed: 5);
        var schedule = MinimaxFamily.Bank(6)[^1];
        Assert.InRange(schedule.ForType(bfloat16).Count, 1, 5);
        using var optimizer = new Muon([parameter], lr: 0.02,
            new() { coefficients = Coefficients.Fixed(schedule), precision = Precision.BFloat16 });
        Assert.Equal(schedule.ForType(bfloat16).Count, Watched.Step(optimizer).Matrices.Single().ScheduleSteps);
    }

    public static TheoryData<string> Kinds => [.. RankModel.Kinds];

    [Theory, MemberData(nameof(Kinds))]
    public void Weight_and_update_are_the_parameters_own(string kind)
    {
        var parameters = RankModel.Parameters();
        using var optimizer = RankModel.Make(kind, parameters);
        for (var step = 1; step <= 2; step++)
        {
            RankModel.Gradients(parameters, step);
            var before = optimizer.Slots.ToDictionary(slot => slot.Routed, slot => slot.Parameter.detach().clone());
            var report = Watched.Step(optimizer);
            Assert.Equal(optimizer.Slots.OfType<MatrixSlot>().Where(slot => slot.Parameter.grad is not null).Select(slot => slot.Label),
                report.Matrices.Select(matrix => Slot.Describe(matrix.Parameter.Name, matrix.Parameter.Shape)).Distinct());
            foreach (var slot in optimizer.Slots.OfType<MatrixSlot>())
                for (var i = 0; i < slot.Parts.Count; i++)
                    foreach (var found in report.Matrices.Where(matrix => matrix.Parameter == slot.Routed && matrix.Part == i))
                    {
                        double[] Its(Tensor x) => Watched.Entries(slot.Parts[i].Stack(slot.Parts[i].Of(x))[found.Block]);
                        var (old, now) = (Its(before[slot.Routed]), Its(slot.Parameter.detach()));
                        // Of 16 bits the figures are the masters', which the parameters are the rounding of.
                        var rounded = slot.Parameter.dtype == bfloat16;
                        // Observed: 1.3e-7, of 16 bits 3.5e-4.
                        Watched.Close(Watched.Rms(old), found.WeightRms, rounded ? 1e-3 : 1e-6);
                        // Observed: 1.6e-7, of 16 bits 0.051.
                        Watched.Close(Watched.Rms(old.Zip(now, (x, y) => x - y)), found.UpdateRms, rounded ? 0.1 : 1e-6);
                        Assert.Equal(found.UpdateRms / found.WeightRms, found.UpdateRatio);
                        Assert.Equal((slot.State.step, slot.Parts[i].Shape), (found.Step, found.Shape));
                    }
        }
    }

    [Fact]
    public void On_a_manifold_distance_and_returns_are_reported()
    {
        random.manual_seed(6);
        Parameter[] parameters = [Models.Parameter(8, 5), Models.Parameter(5, 8), Models.Parameter(8, 5)];
        using var optimizer = new ManifoldMuon(parameters, lr: 0.1);
        var diagnostics = new StepDiagnostics(every: 2);
        optimizer.Observer = diagnostics;
        Models.RandomGradients(parameters);
        optimizer.step();
        var report = Watched.Step(optimizer, diagnostics);
        Assert.Equal(3, report.Matrices.Count);
        foreach (var (found, parameter) in report.Matrices.Zip([parameters[0], parameters[2], parameters[1]]))
        {
            var error = Watched.OrthogonalityError(parameter);
            Assert.InRange(error, 0, 1e-6); // observed 8.2e-8
            Assert.InRange(Math.Abs(error - found.ManifoldDistance!.Value), 0, 2e-7); // observed 3.7e-8
            Assert.Equal(0, found.BroughtBack);
        }

        // A step that is not watched brings one back, and the next one tells.
        using (no_grad()) parameters[1].mul_(1.5);
        optimizer.step();
        Assert.Equal([0, 0, 1], Watched.Step(optimizer, diagnostics).Matrices.Select(matrix => matrix.BroughtBack));
        optimizer.step();
        Assert.Equal([0, 0, 1], Watched.Step(optimizer, diagnostics).Matrices.Select(matrix => matrix.BroughtBack));
    }

    [Fact]
    public void What_is_not_finite_is_reported_as_it_is()
    {
        using var parameter = Models.Parameter(4, 6);
        using var optimizer = new RootOptimizer([parameter], lr: 0.02, new() { non_finite = NonFinite.Propagate });
        Models.Gradient(parameter, full(4, 6, float.NaN));
        var found = Assert.Single(Watched.Step(optimizer).Matrices);
        Assert.True(double.IsNaN(found.UpdateRms!.Value) && double.IsNaN(found.MomentumRms!.Value));
    }
}
