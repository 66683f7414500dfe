using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace CharGpt;

/// <summary>Training and validation loss over the steps, as SVG.</summary>
public static class LossPlot
{
    private const int Width = 800;
    private const int Height = 480;
    private const int MostPoints = 300;

    public static void Save(string path, string title, IReadOnlyList<StepMetrics> history)
    {
        var losses = history.Select(m => m.TrainLoss).Concat(history.Select(m => m.ValLoss).OfType<double>());
        var (low, high) = (losses.Min(), losses.Max());
        var plot = new PlotModel
        {
            Title = title,
            TitleFontSize = 16,
            Background = OxyColors.White,
            DefaultFont = "Helvetica, Arial, sans-serif",
            DefaultFontSize = 13,
            PlotAreaBorderColor = OxyColors.Gray,
        };
        plot.Axes.Add(Axis(AxisPosition.Bottom, "step", 0, history[^1].Step));
        plot.Axes.Add(Axis(AxisPosition.Left, "loss (nats per byte)", low - 0.05 * (high - low), high));
        plot.Legends.Add(new Legend
        {
            LegendPosition = LegendPosition.RightTop,
            LegendBackground = OxyColors.White,
            LegendBorder = OxyColors.LightGray,
        });
        plot.Series.Add(Line("training", OxyColor.FromRgb(0x1F, 0x77, 0xB4), 1.2, Smoothed(history)));
        var validation = Line("validation", OxyColor.FromRgb(0xD6, 0x27, 0x28), 2, Measured(history));
        validation.MarkerType = MarkerType.Circle;
        plot.Series.Add(validation);
        var svg = new SvgExporter { Width = Width, Height = Height, TextMeasurer = new TextMeasurer() };
        AtomicFile.Write(path, stream => svg.Export(plot, stream));
    }

    // Means over equal stretches: a long run stays legible and its file small.
    private static IEnumerable<DataPoint> Smoothed(IReadOnlyList<StepMetrics> history) => history
        .Chunk((history.Count + MostPoints - 1) / MostPoints)
        .Select(stretch => new DataPoint(stretch.Average(m => m.Step), stretch.Average(m => m.TrainLoss)));

    private static IEnumerable<DataPoint> Measured(IReadOnlyList<StepMetrics> history) =>
        from step in history
        where step.ValLoss is not null
        select new DataPoint(step.Step, step.ValLoss.Value);

    private static LinearAxis Axis(AxisPosition position, string title, double minimum, double maximum) => new()
    {
        Position = position,
        Title = title,
        Minimum = minimum,
        Maximum = maximum,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = OxyColor.FromRgb(0xE5, 0xE5, 0xE5),
    };

    private static LineSeries Line(string title, OxyColor color, double thickness, IEnumerable<DataPoint> points)
    {
        var series = new LineSeries { Title = title, Color = color, StrokeThickness = thickness };
        series.Points.AddRange(points);
        return series;
    }

    // The exporter's own measure takes pixels for points: it makes text overlap. This one fits any sans-serif font.
    private sealed class TextMeasurer() : PdfRenderContext(Width, Height, OxyColors.White)
    {
        public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight) =>
            new(0.6 * fontSize * (text?.Length ?? 0), 1.25 * fontSize);
    }
}
