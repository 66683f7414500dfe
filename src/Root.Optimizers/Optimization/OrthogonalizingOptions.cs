using Root.Optimizers.Modular;

namespace Root.Optimizers;

/// <summary>The hyperparameters of optimizers that step along an orthogonalized momentum: what ROOT and Muon share.</summary>
public abstract class OrthogonalizingOptions : MatrixOptions
{
    /// <summary>Whether the gradient's part counts once more after it has entered the momentum. Default true.</summary>
    public bool? nesterov { get; set; }

    /// <summary>How the learning rate depends on the shape.</summary>
    public LrScale? lr_scale { get; set; }

    /// <summary>The element type of the iteration. Default <see cref="Precision.Automatic"/>.</summary>
    public Precision? precision { get; set; }

    /// <summary>
    /// Into how many blocks of equal numbers of rows each matrix of the group is split: 3 for a fused query, key and value
    /// projection, 3 times the heads to split it by head, 2 for a fused gate and up projection. Each block is
    /// orthogonalized by itself, with the factor of its own shape. Default 1. Decided when the group is added, and not
    /// part of a saved state.
    /// </summary>
    public int? split { get; set; }

    /// <summary>Overrides <see cref="split"/> for single parameters.</summary>
    public Func<RoutedParameter, int>? split_of { get; set; }

    /// <summary>
    /// What share of the learning rate each matrix takes; by default all of it. The AdamW fallback keeps its rate. With
    /// <see cref="LrScale.None"/> a matrix then moves by its share of lr in the spectral norm. Decided when the group is
    /// added, and not part of a saved state.
    /// </summary>
    public ModularBudget? budget { get; set; }

    internal override double ShareOf(Entry entry) => budget?.ShareOf(entry) ?? 1;

    internal override int BlocksOf(RoutedParameter parameter)
    {
        if (parameter.Route != Route.Matrix) return 1;
        var blocks = split_of?.Invoke(parameter) ?? split!.Value;
        var rows = parameter.Shape[0];
        if (blocks < 1 || rows % blocks != 0)
            throw new ArgumentException($"{Entry.Describe(parameter.Name, parameter.Shape)} cannot be split into {blocks} "
                + $"blocks: split must be a divisor of its {rows} rows. Give it a group of its own, or use split_of.", nameof(split));
        return blocks;
    }

    internal override void InheritFrom(MatrixOptions defaults)
    {
        base.InheritFrom(defaults);
        var options = (OrthogonalizingOptions)defaults;
        nesterov ??= options.nesterov;
        lr_scale ??= options.lr_scale;
        precision ??= options.precision;
        split ??= options.split;
        split_of ??= options.split_of;
        budget ??= options.budget;
    }

    internal override void Validate()
    {
        base.Validate();
        Require.Defined(lr_scale, nameof(lr_scale));
        Require.Defined(precision, nameof(precision));
        Require.AtLeast(split, 1, nameof(split));
    }

    /// <inheritdoc />
    public override void LoadStateDict(TorchSharp.Modules.OptimizerOptions source)
    {
        base.LoadStateDict(source);
        var options = (OrthogonalizingOptions)source;
        nesterov = options.nesterov;
        lr_scale = options.lr_scale;
        precision = options.precision;
    }

    internal override void Write(BinaryWriter writer)
    {
        base.Write(writer);
        writer.Write(nesterov!.Value);
        writer.Write((int)lr_scale!.Value);
        writer.Write((int)precision!.Value);
    }

    internal override void Read(BinaryReader reader)
    {
        base.Read(reader);
        nesterov = reader.ReadBoolean();
        lr_scale = (LrScale)reader.ReadInt32();
        precision = (Precision)reader.ReadInt32();
    }
}
