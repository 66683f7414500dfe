using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Insight;

/// <summary>Steps that are watched, and what figures are compared with: the same in float64, straight from their definitions.</summary>
internal static class Watched
{
    /// <summary>Takes a step that is watched.</summary>
    public static StepReport Step(MatrixOptimizer optimizer)
    {
        var diagnostics = new StepDiagnostics();
        optimizer.Observer = diagnostics;
        var report = Step(optimizer, diagnostics);
        optimizer.Observer = null;
        return report;
    }

    /// <summary>Takes a step that the diagnostics watch.</summary>
    public static StepReport Step(MatrixOptimizer optimizer, StepDiagnostics diagnostics)
    {
        StepReport? last = null;
        void Keep(StepReport report) => last = report;
        diagnostics.Stepped += Keep;
        optimizer.step();
        diagnostics.Stepped -= Keep;
        return last ?? throw new InvalidOperationException("The step was not watched.");
    }

    public static double[] Entries(Tensor x)
    {
        using var scope = NewDisposeScope();
        return x.detach().cpu().to(float64).contiguous().reshape(-1).data<double>().ToArray();
    }

    public static double Rms(IEnumerable<double> entries) => Math.Sqrt(entries.Average(x => x * x));

    /// <summary>The root mean square of s^2 - 1 over the singular values of a matrix.</summary>
    public static double OrthogonalityError(Tensor U)
    {
        using var scope = NewDisposeScope();
        return Rms(Entries(linalg.svdvals(U.cpu().to(float64))).Select(s => s * s - 1));
    }

    /// <summary>Two figures differ by at most a share of the first.</summary>
    public static void Close(double expected, double? actual, double tolerance)
    {
        Assert.NotNull(actual);
        Assert.True(Math.Abs(actual.Value - expected) <= tolerance * Math.Abs(expected),
            $"{actual:g9} is {Math.Abs(actual.Value / expected - 1):g3} off {expected:g9}");
    }
}
