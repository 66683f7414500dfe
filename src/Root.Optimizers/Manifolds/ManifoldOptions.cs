using Root.Optimizers.Core;
using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// The hyperparameters of optimizers whose weights live on manifolds. <see cref="manifold"/>, <see cref="manifold_of"/>,
/// <see cref="radius"/> and <see cref="initialize"/> are decided when the group is added.
/// </summary>
public abstract class ManifoldOptions : MatrixOptions
{
    /// <summary>Momentum mu, in [0, 1]; 0 as published.</summary>
    public override double momentum { get => Get(0.0); set => Set(value); }

    /// <summary>Decoupled weight decay of the AdamW fallback and of weights without a constraint. At least 0.</summary>
    public override double weight_decay { get => Get(0.0); set => Set(value); }

    /// <summary>The AdamW fallback's learning rate is this times the group's. At least 0.</summary>
    public override double fallback_lr_factor { get => Get(0.01); set => Set(value); }

    /// <summary>The manifold of the group's matrices.</summary>
    [NotSaved]
    public virtual Manifold manifold { get => Get(Manifold.Stiefel); set => Set(value); }

    /// <summary>Overrides <see cref="manifold"/> for single parameters.</summary>
    [NotSaved]
    public Func<RoutedParameter, Manifold>? manifold_of { get => Get<Func<RoutedParameter, Manifold>?>(null); set => Set(value); }

    /// <summary>How large the weights are.</summary>
    [NotSaved]
    public Radius radius { get => Get(Radius.One); set => Set(value); }

    /// <summary>
    /// Whether weights that are off their manifold are moved to its nearest point: when the group is added, at the first step, and
    /// at any later one that finds that something else has moved them. Else they are refused: later on in the midst of a step, by an
    /// <see cref="InterruptedStepException"/>, since a step looks at them by what it computes anyway.
    /// </summary>
    [NotSaved]
    public bool initialize { get => Get(true); set => Set(value); }

    /// <inheritdoc />
    protected override double DefaultLearningRate => 0.1;

    /// <summary>
    /// How far off its manifold a weight may be and still count as on it: what rounding or the method leaves, and more.
    /// </summary>
    internal virtual double Tolerance(ScalarType dtype) =>
        dtype.IsWide() ? 1e-4 : 3e-2;

    internal Manifold ManifoldOf(MatrixSlot slot)
    {
        var chosen = manifold_of?.Invoke(slot.Routed) ?? manifold;
        CheckManifold(chosen);
        return chosen;
    }

    internal double RadiusOf(MatrixPart part)
    {
        var (outputs, inputs) = part.Sides;
        return radius == Radius.Modular ? Math.Sqrt((double)outputs / inputs) : 1;
    }

    private protected virtual void CheckManifold(Manifold manifold) => ArgumentNullException.ThrowIfNull(manifold);

    /// <inheritdoc />
    protected internal override void Validate()
    {
        base.Validate();
        CheckManifold(manifold);
        Require.Defined(radius);
    }
}
