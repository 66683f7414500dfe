using System.Collections;
using Root.Optimizers.Core.Routing;
using TorchSharp.Modules;

namespace Root.Optimizers;

/// <summary>Which update a parameter gets.</summary>
public enum Route
{
    /// <summary>The optimizer's own: the parameter is a matrix, or is flattened to one, (size(0), the rest).</summary>
    Matrix,

    /// <summary>The built-in AdamW.</summary>
    AdamW,
}

/// <summary>Where one parameter goes, and why.</summary>
/// <param name="Name">Its name in the model, where known.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Route">Where it goes.</param>
/// <param name="Reason">Why, in a few words.</param>
public sealed record RoutedParameter(string? Name, IReadOnlyList<long> Shape, Route Route, string Reason)
{
    /// <summary>Its first dimension is the input's, as of a transposed convolution: the output's elsewhere, and where no module is
    /// known.</summary>
    internal bool InputFirst { get; init; }

    /// <summary>What it is where AdamW updates it.</summary>
    internal FallbackKind Kind { get; init; } = Shape.Count < 2 ? FallbackKind.Vector : FallbackKind.Other;

    /// <summary>Which matrices it is taken for, such as "3 of 64x64", where it is not one by itself.</summary>
    internal string? Matrices { get; init; }

    /// <summary>One line: name, shape, route, of an embedding, a head or a vector of AdamW's which, matrices where it is several, and
    /// reason.</summary>
    public override string ToString() => $"{Columns(Name, Shape)} {RouteText,-17} {(Matrices is null ? "" : Matrices + "  ")}{Reason}";

    /// <summary>What the line says, apart.</summary>
    internal string[] Cells => [NameText(Name), ShapeText(Shape), RouteText, Matrices ?? "", Reason];

    /// <summary>With what decides on the learning rate of AdamW.</summary>
    private string RouteText =>
        Route == Route.AdamW && Kind != FallbackKind.Other ? $"{Route} ({Kind.ToString().ToLowerInvariant()})" : $"{Route}";

    /// <summary>Name and shape as the lines of a table begin.</summary>
    internal static string Columns(string? name, IEnumerable<long> shape) =>
        $"{NameText(name),-40} {ShapeText(shape),-16}";

    private static string NameText(string? name) => name ?? "(unnamed)";

    private static string ShapeText(IEnumerable<long> shape) => string.Join("x", shape);
}

/// <summary>Where every parameter of an optimizer goes, in the order of its groups. Printing it gives a line each.</summary>
public sealed class Routing : IReadOnlyList<RoutedParameter>
{
    private readonly RoutedParameter[] _parameters;

    internal Routing(IEnumerable<RoutedParameter> parameters) => _parameters = parameters.ToArray();

    /// <inheritdoc />
    public int Count => _parameters.Length;

    /// <inheritdoc />
    public RoutedParameter this[int index] => _parameters[index];

    /// <inheritdoc />
    public IEnumerator<RoutedParameter> GetEnumerator() => _parameters.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A line per parameter, as <see cref="RoutedParameter.ToString"/> has it, in aligned columns.</summary>
    public override string ToString()
    {
        var lines = _parameters.Select(p => p.Cells).ToArray();
        if (lines.Length == 0) return "";
        var widths = lines[0].Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        return string.Join(Environment.NewLine, lines.Select(line =>
            string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column])).Where(cell => cell.Length > 0)).TrimEnd()));
    }
}
