using System.Diagnostics.Metrics;
using System.Text.Json;
using Root.Optimizers.Core;
using Root.Optimizers.Insight;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Insight;

/// <summary>Reports as meters and JSON lines give them.</summary>
public class WaysOutTests
{
    /// <summary>A matrix that has every figure, and one that has none but those that every one has.</summary>
    private static StepReport Report(double error = 0.25) => new("SomeOptimizer", 12,
    [
        new(new("a.weight", [12, 4], Route.Matrix, "a matrix"), 1, 2, new(6, 4), 12)
        {
            MomentumRms = 1, OutlierThreshold = 2, OutlierShare = 0.125, OutlierEnergy = 0.5, OrthogonalityError = error,
            ScheduleLower = 0.01, ScheduleSteps = 3, ScheduleBound = 0.375, ScheduleError = 0.0625,
            ManifoldDistance = 1e-7, BroughtBack = 5, WeightRms = 4, UpdateRms = 0.5,
        },
        new(new(null, [4, 4], Route.Matrix, "a matrix"), 0, 0, new(4, 4), 11) { WeightRms = 2, UpdateRms = 0.25 },
    ], new Dictionary<StepStage, TimeSpan> { [StepStage.Momentum] = TimeSpan.FromMilliseconds(1.5) });

    private static readonly Dictionary<string, double> Figures = new()
    {
        ["momentum_rms"] = 1, ["outlier_threshold"] = 2, ["outlier_share"] = 0.125, ["outlier_energy"] = 0.5,
        ["orthogonality_error"] = 0.25, ["schedule_lower"] = 0.01, ["schedule_steps"] = 3, ["schedule_bound"] = 0.375,
        ["schedule_error"] = 0.0625, ["manifold_distance"] = 1e-7, ["brought_back"] = 5, ["weight_rms"] = 4, ["update_rms"] = 0.5,
        ["update_ratio"] = 0.125,
    };

    [Fact]
    public void A_listener_gets_every_figure_with_its_matrix_and_every_stage_in_seconds()
    {
        using var parameter = Models.Parameter(6, 4);
        using var optimizer = new RootOptimizer([("listened.weight", parameter)], lr: 0.02);
        var diagnostics = new StepDiagnostics();
        optimizer.Observer = diagnostics;
        Models.RandomGradients([parameter]);
        var (figures, stages) = (new Dictionary<string, double>(), new Dictionary<string, double>());
        var units = new Dictionary<string, string?>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, its) =>
            {
                if (instrument.Meter.Name != StepDiagnostics.MeterName) return;
                units[instrument.Name] = instrument.Unit;
                its.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            var of = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value);
            // Other tests may step at the same time.
            if (of["optimizer"] as string != nameof(RootOptimizer)) return;
            if (of.TryGetValue("stage", out var stage)) stages[(string)stage!] = value;
            else if (of["parameter"] as string == "listened.weight")
            {
                Assert.Equal((0, 0, "6x4"), (of["part"], of["block"], of["shape"]));
                figures[instrument.Name] = value;
            }
        });
        listener.Start();
        var report = Watched.Step(optimizer, diagnostics);

        static string Instrument(Measure measure) => "root_optimizers.matrix." + measure.Name;
        Assert.Equal(Measure.All.ToDictionary(Instrument, m => (string?)m.Unit)
            .Append(new("root_optimizers.stage.duration", "s")).OrderBy(its => its.Key), units.OrderBy(its => its.Key));
        var matrix = Assert.Single(report.Matrices);
        Assert.Equal(Measure.All.Where(m => m.Of(matrix) is not null).ToDictionary(Instrument, m => m.Of(matrix)!.Value), figures);
        Assert.Equal(report.Stages.Keys.Select(stage => stage.ToString().ToLowerInvariant()).Order(), stages.Keys.Order());
    }

    [Fact]
    public void Each_figure_has_a_name_of_its_own()
    {
        var (full, bare) = (Report().Matrices[0], Report().Matrices[1]);
        Assert.Equal(Figures, Measure.All.ToDictionary(m => m.Name, m => m.Of(full)!.Value));
        Assert.Equal(["weight_rms", "update_rms", "update_ratio"], Measure.All.Where(m => m.Of(bare) is not null).Select(m => m.Name));
    }

    [Fact]
    public void A_line_of_JSON_has_the_step_its_stages_and_the_figures_of_each_matrix()
    {
        using var text = new StringWriter();
        using (var writer = new StepReportWriter(text))
        {
            writer.Write(Report());
            writer.Write(Report(double.NaN));
        }
        var lines = text.ToString().Split('\n');
        Assert.Equal((3, ""), (lines.Length, lines[2]));
        var step = JsonDocument.Parse(lines[0]).RootElement;
        Assert.Equal((12, "SomeOptimizer"), (step.GetProperty("step").GetInt32(), step.GetProperty("optimizer").GetString()));
        Assert.Equal(0.0015, step.GetProperty("stages").GetProperty("momentum").GetDouble());
        var matrices = step.GetProperty("matrices");
        Assert.Equal(2, matrices.GetArrayLength());
        var fields = matrices[0].EnumerateObject().ToDictionary(field => field.Name, field => field.Value);
        Assert.Equal("a.weight", fields["parameter"].GetString());
        Assert.Equal([1.0, 2, 6, 4], new[] { "part", "block", "rows", "columns" }.Select(name => fields[name].GetDouble()));
        Assert.Equal(Figures, fields.Skip(5).ToDictionary(field => field.Key, field => field.Value.GetDouble()));
        Assert.Equal(JsonValueKind.Null, matrices[1].GetProperty("parameter").ValueKind);
        Assert.Equal(JsonValueKind.Null,
            JsonDocument.Parse(lines[1]).RootElement.GetProperty("matrices")[0].GetProperty("orthogonality_error").ValueKind);
    }

    [Fact]
    public void A_file_is_replaced_or_gone_on_with()
    {
        var path = Path.GetTempFileName();
        try
        {
            foreach (var (append, lines) in new[] { (false, 1), (true, 2), (false, 1) })
            {
                using (var writer = new StepReportWriter(path, append)) writer.Write(Report());
                Assert.Equal(lines, File.ReadAllLines(path).Length);
                Assert.All(File.ReadAllLines(path), line => JsonDocument.Parse(line).Dispose());
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void The_page_names_every_figure_with_its_instrument_and_unit_and_every_stage()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "insight.md"));
        Assert.All(Measure.All, m => Assert.Contains($"| `{m.Name}` | {m.Unit} |", page, StringComparison.Ordinal));
        Assert.All(["root_optimizers.matrix.", "root_optimizers.stage.duration",
            .. Enum.GetNames<StepStage>().Select(stage => $"`{stage.ToLowerInvariant()}`")],
            name => Assert.Contains(name, page, StringComparison.Ordinal));
    }
}
