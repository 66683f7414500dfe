using Root.Optimizers.Core;
using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// The base of optimizers that keep weights on manifolds: every matrix W of the model is radius times a point of its
/// manifold, is moved there when its group is added, and is kept there by every step. Momentum stays in the ambient
/// space; a step takes its tangent part where the weight is by then.
/// </summary>
public abstract class ManifoldOptimizer<TOptions> : MatrixOptimizer<TOptions> where TOptions : ManifoldOptions, new()
{
    private readonly Dictionary<MatrixSlot, Placement> _placements = [];
    private readonly List<(MatrixSlot slot, ManifoldOptions options)> _unstepped = [];

    private protected ManifoldOptimizer(IEnumerable<ParamGroup> groups, TOptions? options) : base(groups, options) { }

    /// <summary>The plan of a weight: radius times a point of the manifold, moved by its share of the learning rate.</summary>
    private protected sealed record Home(Manifold Manifold, double Radius, double Share);

    /// <summary>Where every matrix lives, and which were moved there; printing one gives a line.</summary>
    public IReadOnlyList<Placement> Placements =>
        Slots.OfType<MatrixSlot>().Where(_placements.ContainsKey).Select(slot => _placements[slot]).ToArray();

    /// <inheritdoc />
    protected override object? PlanOf(MatrixSlot slot, TOptions options) =>
        new Home(options.ManifoldOf(slot), options.RadiusOf(slot.Shape), slot.Share);

    private protected override void OnAdding(IReadOnlyList<MatrixSlot> slots, MatrixOptions options)
    {
        var chosen = (ManifoldOptions)options;
        PutInPlace(slots, chosen);
        _unstepped.AddRange(slots.Select(slot => (slot, chosen)));
    }

    /// <inheritdoc />
    /// <exception cref="ArgumentException">A weight was changed before its first step, is off its manifold now, and
    /// <see cref="ManifoldOptions.initialize"/> is false.</exception>
    public override Tensor? step(Func<Tensor>? closure = null)
    {
        // Weights that were loaded after construction have not been seen yet; those of a resumed run were in place before.
        foreach (var (slot, options) in _unstepped)
            if (!slot.Parameter.IsInvalid && slot.State.step == 0)
                PutInPlace([slot], options);
        _unstepped.Clear();
        return base.step(closure);
    }

    /// <summary>Measures all, then moves those that are off.</summary>
    private void PutInPlace(IReadOnlyList<MatrixSlot> slots, ManifoldOptions options)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var off = new List<MatrixSlot>();
        // A meta tensor has no data that could be off.
        foreach (var slot in slots.Where(s => s.Parameter.device_type != DeviceType.META))
        {
            var (manifold, radius, _) = (Home)slot.Plan!;
            var distance = manifold.Distance(UnitWeight(slot));
            var isOff = !(distance <= options.Tolerance(slot.Parameter.dtype)); // NaN is off, too
            if (isOff && !options.initialize)
                throw new ArgumentException(FormattableString.Invariant(
                    $"{slot.Label} is {distance:g3} off its manifold, {manifold} of radius {radius:g4}, ")
                    + "and initialize is false: set it to true to have the weight moved to the nearest point, or "
                    + "initialize it there.");
            _placements.TryAdd(slot, new(slot.Routed, manifold, radius, distance, isOff));
            if (isOff) off.Add(slot);
        }
        foreach (var slot in off)
        {
            var (manifold, radius, _) = (Home)slot.Plan!;
            slot.Parameter.copy_(manifold.Nearest(UnitWeight(slot)).Mul_(radius).reshape(slot.Parameter.shape));
        }
    }

    private static Tensor UnitWeight(MatrixSlot slot) =>
        slot.Parameter.detach().reshape(slot.Shape.Rows, slot.Shape.Columns).Widened().Div(((Home)slot.Plan!).Radius);

    /// <summary>W &lt;- radius step(W / radius, lr), for the weights of a batch.</summary>
    /// <param name="batch">Whose weights they are.</param>
    /// <param name="options">The group's.</param>
    /// <param name="step">From points of the manifold, (b, rows, columns), and their learning rate to other points.</param>
    private protected static void Move(MatrixBatch batch, TOptions options, Func<Tensor, double, Tensor> step)
    {
        var (_, radius, share) = (Home)batch.Plan!;
        batch.Assign(step(batch.Parameters().Div_(radius), options.LearningRate!.Value * share).Mul_(radius));
    }
}
