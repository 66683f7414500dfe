using Root.Optimizers.Core;

namespace Root.Optimizers;

/// <summary>The hyperparameters of optimizers that step along an orthogonalized momentum: what ROOT and Muon share.</summary>
public abstract class OrthogonalizingOptions : MatrixOptions
{
    /// <summary>Whether the gradient's part counts once more after it has entered the momentum.</summary>
    public bool nesterov { get => Get(true); set => Set(value); }

    /// <summary>How the learning rate depends on the shape.</summary>
    public virtual LrScale lr_scale { get => Get(LrScale.MatchAdamWRms); set => Set(value); }

    /// <summary>The element type of the iteration.</summary>
    public Precision precision { get => Get(Precision.Automatic); set => Set(value); }

    /// <summary>
    /// Into how many blocks of equal numbers of rows each matrix of the group is split: 3 for a fused query, key and value
    /// projection, 3 times the heads to split it by head, 2 for a fused gate and up projection. Each block is
    /// orthogonalized by itself, with the factor of its own shape. At least 1. Decided when the group is added.
    /// </summary>
    [NotSaved]
    public int split { get => Get(1); set => Set(value); }

    /// <summary>Overrides <see cref="split"/> for single parameters.</summary>
    [NotSaved]
    public Func<RoutedParameter, int>? split_of { get => Get<Func<RoutedParameter, int>?>(null); set => Set(value); }

    internal override int BlocksOf(RoutedParameter parameter)
    {
        if (parameter.Route != Route.Matrix) return 1;
        var blocks = split_of?.Invoke(parameter) ?? split;
        var rows = parameter.Shape[0];
        if (blocks < 1 || rows % blocks != 0)
            throw new ArgumentException($"{Slot.Describe(parameter.Name, parameter.Shape)} cannot be split into {blocks} "
                + $"blocks: split must be a divisor of its {rows} rows. Give it a group of its own, or use split_of.", nameof(parameter));
        return blocks;
    }

    /// <inheritdoc />
    protected internal override void Validate()
    {
        base.Validate();
        Require.Defined(lr_scale);
        Require.Defined(precision);
        Require.AtLeast(split, 1);
    }
}
