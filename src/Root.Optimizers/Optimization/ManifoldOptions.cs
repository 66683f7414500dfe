using Root.Optimizers.Modular;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// The hyperparameters of optimizers whose weights live on manifolds. <see cref="manifold"/>,
/// <see cref="manifold_of"/>, <see cref="radius"/>, <see cref="budget"/> and <see cref="initialize"/> are decided when
/// the group is added; later changes have no effect, and a saved state does not hold them.
/// </summary>
public abstract class ManifoldOptions : MatrixOptions
{
    /// <summary>The manifold of the group's matrices.</summary>
    public Manifold? manifold { get; set; }

    /// <summary>Overrides <see cref="manifold"/> for single parameters.</summary>
    public Func<RoutedParameter, Manifold>? manifold_of { get; set; }

    /// <summary>How large the weights are. Default <see cref="Radius.One"/>.</summary>
    public Radius? radius { get; set; }

    /// <summary>
    /// What share of the learning rate each matrix takes; by default all of it. With <see cref="Radius.Modular"/> and
    /// linear layers a step's modular norm is then the learning rate, whatever the width.
    /// </summary>
    public ModularBudget? budget { get; set; }

    /// <summary>
    /// Whether weights that are off their manifold are moved to its nearest point when the group is added (and, where
    /// they are changed before it, at the first step); else they are refused. Default true.
    /// </summary>
    public bool? initialize { get; set; }

    /// <summary>
    /// How far off its manifold a weight may be and still count as on it: what rounding or the method leaves, and more.
    /// </summary>
    internal virtual double Tolerance(ScalarType dtype) =>
        dtype is ScalarType.Float32 or ScalarType.Float64 ? 1e-4 : 3e-2;

    internal Place PlaceOf(Entry entry)
    {
        var chosen = manifold_of?.Invoke(entry.Routed) ?? manifold!.Value;
        CheckManifold(chosen);
        return new(chosen, radius == Radius.Modular ? Math.Sqrt((double)entry.Rows / entry.Columns) : 1,
            budget?.ShareOf(entry) ?? 1);
    }

    private protected virtual void CheckManifold(Manifold? chosen) => Require.Defined(chosen, nameof(manifold));

    internal override void InheritFrom(MatrixOptions defaults)
    {
        base.InheritFrom(defaults);
        var options = (ManifoldOptions)defaults;
        manifold ??= options.manifold;
        manifold_of ??= options.manifold_of;
        radius ??= options.radius;
        budget ??= options.budget;
        initialize ??= options.initialize;
    }

    internal override void Validate()
    {
        base.Validate();
        CheckManifold(manifold);
        Require.Defined(radius, nameof(radius));
    }
}
