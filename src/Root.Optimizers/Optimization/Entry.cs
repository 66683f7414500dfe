using TorchSharp.Modules;

namespace Root.Optimizers;

/// <summary>One parameter of an optimizer: where it goes, its state, and its shape as one matrix or several.</summary>
internal sealed class Entry
{
    public Entry(Parameter parameter, RoutedParameter routed, int blocks = 1)
    {
        Parameter = parameter;
        Routed = routed;
        Blocks = blocks;
        Rows = routed.Shape.Count > 0 ? routed.Shape[0] / blocks : 1;
        Columns = routed.Shape.Skip(1).Aggregate(1L, (product, size) => product * size);
        State = routed.Route == Route.Matrix ? new MomentumState(parameter) : new AdamWState(parameter);
    }

    public Parameter Parameter { get; }

    public RoutedParameter Routed { get; }

    public ParameterState State { get; }

    /// <summary>How many matrices the parameter is, one below the other: more than 1 where it is split.</summary>
    public int Blocks { get; }

    /// <summary>size(0), of each block.</summary>
    public long Rows { get; }

    /// <summary>The product of the other sizes.</summary>
    public long Columns { get; }

    /// <summary>What its learning rate is multiplied by, beside the factor of its shape.</summary>
    public double Share { get; set; } = 1;

    /// <summary>Name and shape, for messages.</summary>
    public string Label => Describe(Routed.Name, Routed.Shape);

    public static string Describe(string? name, IEnumerable<long> shape) =>
        $"{(name is null ? "the parameter" : $"'{name}'")} of shape ({string.Join(", ", shape)})";
}
