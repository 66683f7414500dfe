using Root.Optimizers;
using Shared;

namespace CharGpt;

/// <summary>Loss and the optimizer's figures over the steps, each the mean over the matrices of a shape.</summary>
public static class DiagnosticsSheet
{
    public static void Save(
        string path, string title, IReadOnlyList<StepMetrics> history, IReadOnlyList<StepReport> reports)
    {
        LinePlot Plot(string of, string axis, bool log = false) => new(of, "step", axis, logY: log);

        var outliers = Plot("Outliers of the momentum", "share");
        Add(outliers, reports, m => $"of energy, {m.Shape}", m => m.OutlierEnergy);
        Add(outliers, reports, _ => "of entries", m => m.OutlierShare);
        PlotSheet.Save(
            path,
            title,
            columns: 2,
            LossPlot.Of("Loss", history),
            outliers,
            Add(Plot("Orthogonality error of the update", "|U Uᵀ − I| / √n"), reports, Shape, m => m.OrthogonalityError),
            Add(Plot("Update to weight", "RMS ratio", log: true), reports, Shape, m => m.UpdateRatio),
            Add(Plot("Learned schedule: least singular value lifted to 1", "l", log: true), reports,
                m => $"{m.Shape}, {m.ScheduleSteps} steps", m => m.ScheduleLower),
            Add(Plot("Error of its fit", "mean (s − 1)²"), reports, Shape, m => m.ScheduleError));
    }

    private static string Shape(MatrixReport matrix) => $"{matrix.Shape}";

    private static LinePlot Add(
        LinePlot plot, IReadOnlyList<StepReport> reports, Func<MatrixReport, string> line, Func<MatrixReport, double?> figure)
    {
        var points =
            from report in reports
            from matrix in report.Matrices
            let value = figure(matrix)
            where value is not null && double.IsFinite(value.Value)
            group value.Value by (Line: line(matrix), report.Step) into same
            group (X: (double)same.Key.Step, Y: same.Average()) by same.Key.Line;
        foreach (var its in points)
        {
            plot.Add(its.Key, its);
        }

        return plot;
    }
}
