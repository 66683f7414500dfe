using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Root.Optimizers.Insight;

/// <summary>The meter of the process, and its instruments: a gauge for each <see cref="Measure"/>, and a histogram of stages'
/// durations.</summary>
internal static class Instruments
{
    public const string Prefix = "root_optimizers.";

    private static readonly Meter Meter = new(StepDiagnostics.MeterName, typeof(Instruments).Assembly.GetName().Version?.ToString(3));

    private static readonly (Measure measure, Gauge<double> gauge)[] Gauges =
        [.. Measure.All.Select(m => (m, Meter.CreateGauge<double>(Prefix + "matrix." + m.Name, m.Unit, m.Description)))];

    private static readonly Histogram<double> StageDuration =
        Meter.CreateHistogram<double>(Prefix + "stage.duration", "s", "Time that a stage of a step took");

    /// <summary>Gives the figures of a step to whoever listens.</summary>
    public static void Record(StepReport report)
    {
        if (StageDuration.Enabled)
            foreach (var (stage, time) in report.Stages)
                StageDuration.Record(time.TotalSeconds, new("optimizer", report.Optimizer), new("stage", Text(stage)));
        if (!Gauges.Any(its => its.gauge.Enabled)) return;
        foreach (var matrix in report.Matrices)
        {
            var tags = new TagList
            {
                { "optimizer", report.Optimizer },
                { "parameter", matrix.Parameter.Name ?? "" },
                { "part", matrix.Part },
                { "block", matrix.Block },
                { "shape", matrix.Shape.ToString() },
            };
            foreach (var (measure, gauge) in Gauges)
                if (measure.Of(matrix) is { } value) gauge.Record(value, tags);
        }
    }

    /// <summary>A stage as meters and JSON name it.</summary>
    public static string Text(StepStage stage) => stage.ToString().ToLowerInvariant();
}
