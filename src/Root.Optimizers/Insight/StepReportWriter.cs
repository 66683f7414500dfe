using System.Text;
using System.Text.Json;
using Root.Optimizers.Insight;

namespace Root.Optimizers;

/// <summary>
/// Writes reports as JSON lines, one a step, each flushed:
/// <code>
/// {"step":10,"optimizer":"RootOptimizer","stages":{"momentum":0.0012, ...},"matrices":[{"parameter":"fc.weight","part":0,"block":0,
///  "rows":64,"columns":32,"outlier_share":0.1, ...}]}
/// </code>
/// Times are in seconds. A matrix has the fields that it has figures for; a figure that is not finite is null. <code>
/// using var writer = new StepReportWriter("steps.jsonl");
/// diagnostics.Stepped += writer.Write;
/// </code>
/// </summary>
/// <remarks>One thread at a time.</remarks>
public sealed class StepReportWriter : IDisposable
{
    private readonly TextWriter _text;
    private readonly bool _owns;

    /// <summary>To a file, in UTF-8.</summary>
    /// <param name="path">Where.</param>
    /// <param name="append">Whether to go on behind what is there; else it is replaced.</param>
    /// <exception cref="IOException">It cannot be opened, or as <see cref="StreamWriter(string, bool)"/> says.</exception>
    public StepReportWriter(string path, bool append = false)
        : this(new StreamWriter(path, append, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false))) => _owns = true;

    /// <summary>To any text, which the caller disposes.</summary>
    /// <param name="text">Where.</param>
    public StepReportWriter(TextWriter text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
    }

    /// <summary>Writes a line.</summary>
    /// <param name="report">Of a step.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">This, or the text, has been disposed.</exception>
    public void Write(StepReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes)) Write(json, report);
        _text.Write(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
        _text.Write('\n');
        _text.Flush();
    }

    private static void Write(Utf8JsonWriter json, StepReport report)
    {
        json.WriteStartObject();
        json.WriteNumber("step", report.Step);
        json.WriteString("optimizer", report.Optimizer);
        json.WriteStartObject("stages");
        foreach (var (stage, time) in report.Stages) json.WriteNumber(Instruments.Text(stage), time.TotalSeconds);
        json.WriteEndObject();
        json.WriteStartArray("matrices");
        foreach (var matrix in report.Matrices)
        {
            json.WriteStartObject();
            json.WriteString("parameter", matrix.Parameter.Name);
            json.WriteNumber("part", matrix.Part);
            json.WriteNumber("block", matrix.Block);
            json.WriteNumber("rows", matrix.Shape.Rows);
            json.WriteNumber("columns", matrix.Shape.Columns);
            foreach (var measure in Measure.All)
                if (measure.Of(matrix) is { } value)
                {
                    if (double.IsFinite(value)) json.WriteNumber(measure.Name, value);
                    else json.WriteNull(measure.Name);
                }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Closes the file, where it was opened here.</summary>
    public void Dispose()
    {
        if (_owns) _text.Dispose();
    }
}
