using System.Net;
using System.Text;

namespace Shared;

/// <summary>Several plots on one sheet, row by row, as SVG on white; those without lines are left out.</summary>
public static class PlotSheet
{
    private const int Width = 700;
    private const int Height = 360;
    private const int TitleHeight = 44;

    /// <summary>Writes the sheet, whole or not at all.</summary>
    public static void Save(string path, string title, int columns, params IEnumerable<LinePlot> plots)
    {
        var shown = plots.Where(plot => plot.HasLines).ToArray();
        var (width, height) = (columns * Width, TitleHeight + (shown.Length + columns - 1) / columns * Height);
        var svg = new StringBuilder();
        svg.AppendLine("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
        svg.AppendLine($"<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" version=\"1.1\""
            + " xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">");
        svg.AppendLine($"<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>");
        svg.AppendLine($"<text x=\"{width / 2}\" y=\"30\" text-anchor=\"middle\" font-family=\"Helvetica, Arial, sans-serif\""
            + $" font-size=\"20\" font-weight=\"bold\">{WebUtility.HtmlEncode(title)}</text>");
        foreach (var (i, plot) in shown.Index())
        {
            // Each plot numbers its clips from 1, and names are the whole document's.
            var panel = plot.ToSvg(Width, Height).Replace("clipPath", $"panel{i}-clip", StringComparison.Ordinal)
                .Replace($"<panel{i}-clip ", "<clipPath ", StringComparison.Ordinal)
                .Replace($"</panel{i}-clip>", "</clipPath>", StringComparison.Ordinal);
            svg.AppendLine($"<g transform=\"translate({i % columns * Width} {TitleHeight + i / columns * Height})\">");
            svg.AppendLine(panel).AppendLine("</g>");
        }

        svg.AppendLine("</svg>");
        AtomicFile.Write(path, svg.ToString());
    }
}
