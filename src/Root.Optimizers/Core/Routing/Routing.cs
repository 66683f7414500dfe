using System.Collections;
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
    /// <summary>One line: name, shape, route and reason.</summary>
    public override string ToString() => $"{Columns(Name, Shape)} {Route,-7} {Reason}";

    /// <summary>Name and shape as the lines of a table begin.</summary>
    internal static string Columns(string? name, IEnumerable<long> shape) =>
        $"{name ?? "(unnamed)",-40} {string.Join("x", shape),-16}";
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

    /// <inheritdoc />
    public override string ToString() => string.Join(Environment.NewLine, _parameters.AsEnumerable());
}
