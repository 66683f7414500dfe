using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Shared;

/// <summary>Lines over a common axis, as SVG on white.</summary>
public sealed class LinePlot
{
    private const int Width = 900;
    private const int Height = 480;

    private static readonly OxyColor[] Colors = new uint[]
    {
        0xFF1F77B4, 0xFFD62728, 0xFF2CA02C, 0xFFFF7F0E, 0xFF9467BD,
        0xFF8C564B, 0xFFE377C2, 0xFF7F7F7F, 0xFFBCBD22, 0xFF17BECF,
    }.Select(OxyColor.FromUInt32).ToArray();

    private readonly PlotModel plot;

    public LinePlot(string title, string xTitle, string yTitle, bool logX = false, bool logY = false)
    {
        plot = new PlotModel
        {
            Title = title,
            TitleFontSize = 16,
            Background = OxyColors.White,
            DefaultFont = "Helvetica, Arial, sans-serif",
            DefaultFontSize = 13,
            PlotAreaBorderColor = OxyColors.Gray,
        };
        plot.Axes.Add(Axis(AxisPosition.Bottom, xTitle, logX));
        plot.Axes.Add(Axis(AxisPosition.Left, yTitle, logY));
        plot.Legends.Add(new Legend
        {
            LegendPosition = LegendPosition.RightTop,
            LegendPlacement = LegendPlacement.Outside,
            LegendBackground = OxyColors.White,
            LegendBorder = OxyColors.LightGray,
        });
    }

    /// <summary>Whether it has lines.</summary>
    public bool HasLines => plot.Series.Count > 0;

    /// <summary>Adds a line; lines take their colours in turn. Of thickness 0 it is its markers.</summary>
    public LinePlot Add(
        string title, IEnumerable<(double X, double Y)> points, bool markers = false, double thickness = 1.6)
    {
        var series = new LineSeries
        {
            Title = title,
            Color = Colors[plot.Series.Count % Colors.Length],
            StrokeThickness = thickness,
            MarkerType = markers ? MarkerType.Circle : MarkerType.None,
            LineStyle = plot.Series.Count < Colors.Length ? LineStyle.Solid : LineStyle.Dash,
        };
        series.Points.AddRange(points.Select(p => new DataPoint(p.X, p.Y)));
        plot.Series.Add(series);
        return this;
    }

    /// <summary>Writes the plot, whole or not at all.</summary>
    public void Save(string path) => AtomicFile.Write(path, stream => Exporter(Width, Height).Export(plot, stream));

    /// <summary>The plot as an SVG element.</summary>
    internal string ToSvg(int width, int height)
    {
        var document = Exporter(width, height).ExportToString(plot);
        return document[document.IndexOf("<svg", StringComparison.Ordinal)..];
    }

    private static SvgExporter Exporter(int width, int height) => new()
    {
        Width = width,
        Height = height,
        TextMeasurer = new TextMeasurer(),
        UseVerticalTextAlignmentWorkaround = true, // some viewers do not know the attribute used otherwise
    };

    private static Axis Axis(AxisPosition position, string title, bool logarithmic)
    {
        Axis axis = logarithmic ? new LogarithmicAxis() : new LinearAxis();
        axis.Position = position;
        axis.Title = title;
        axis.AxisTitleDistance = 14;
        axis.MajorGridlineStyle = LineStyle.Solid;
        axis.MajorGridlineColor = OxyColor.FromRgb(0xE5, 0xE5, 0xE5);
        axis.MinimumPadding = axis.MaximumPadding = 0.03;
        return axis;
    }

    // The exporter's own measure takes pixels for points: it makes text overlap. This one fits any sans-serif font.
    private sealed class TextMeasurer() : PdfRenderContext(Width, Height, OxyColors.White)
    {
        public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight) =>
            new(0.6 * fontSize * (text?.Length ?? 0), 1.25 * fontSize);
    }
}
