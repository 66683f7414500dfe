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

    private protected override double ScaleOf(MatrixPart part) => lr_scale.Factor(part);

    /// <inheritdoc />
    protected internal override void Validate()
    {
        base.Validate();
        Require.Defined(lr_scale);
        Require.Defined(precision);
    }
}
