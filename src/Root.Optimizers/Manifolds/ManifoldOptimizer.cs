using Root.Optimizers.Core;
using Root.Optimizers.Manifolds;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// What optimizers share whose weights live on manifolds: every matrix W of the model is radius times a point of its
/// manifold, is moved there when its group is added, and is kept there by every step. Momentum stays in the ambient
/// space; a step takes its tangent part where the weight is by then.
/// </summary>
public abstract class ManifoldOptimizer<TOptions> : MatrixOptimizer<TOptions> where TOptions : ManifoldOptions, new()
{
    private readonly Dictionary<MatrixSlot, Placement> _placements = [];
    private readonly List<(MatrixSlot slot, ManifoldOptions options)> _unstepped = [];

    private protected ManifoldOptimizer(IEnumerable<ParamGroup> groups, TOptions? options) : base(groups, options) { }

    /// <summary>Where every matrix lives, and which were moved there; printing one gives a line.</summary>
    public IReadOnlyList<Placement> Placements =>
        Slots.OfType<MatrixSlot>().Where(_placements.ContainsKey).Select(slot => _placements[slot]).ToArray();

    /// <inheritdoc />
    protected override object? PlanOf(MatrixSlot slot, TOptions options) => options.PlaceOf(slot);

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
            var place = (Place)slot.Plan!;
            var distance = place.Distance(Matrix(slot));
            var isOff = !(distance <= options.Tolerance(slot.Parameter.dtype)); // NaN is off, too
            if (isOff && !options.initialize)
                throw new ArgumentException(FormattableString.Invariant(
                    $"{slot.Label} is {distance:g3} off its manifold, {place.Manifold} of radius {place.Radius:g4}, ")
                    + "and initialize is false: set it to true to have the weight moved to the nearest point, or "
                    + "initialize it there.");
            _placements.TryAdd(slot, new(slot.Routed, place.Manifold, place.Radius, distance, isOff));
            if (isOff) off.Add(slot);
        }
        foreach (var slot in off)
            slot.Parameter.copy_(((Place)slot.Plan!).Nearest(Matrix(slot)).reshape(slot.Parameter.shape));
    }

    private static Tensor Matrix(MatrixSlot slot) => slot.Parameter.reshape(slot.Shape.Rows, slot.Shape.Columns);

    /// <inheritdoc />
    protected override void Update(MatrixBatch batch, TOptions options)
    {
        var place = (Place)batch.Plan!;
        var M = batch.Accumulate(options.momentum, nesterov: false);
        var W = batch.Parameters().div_(place.Radius);
        batch.Assign(Move(W, M, options.LearningRate!.Value * place.Share, place.Manifold, batch, options).mul_(place.Radius));
    }

    /// <summary>One step of the unit weights of a batch, down along M.</summary>
    /// <param name="W">(b, rows, columns), on the manifold.</param>
    /// <param name="M">The momentum, of the same shape.</param>
    /// <param name="lr">The learning rate of these weights.</param>
    /// <param name="manifold">Where they live.</param>
    /// <param name="batch">Whose they are.</param>
    /// <param name="options">The group's.</param>
    /// <returns>(b, rows, columns), new, on the manifold.</returns>
    private protected virtual Tensor Move(Tensor W, Tensor M, double lr, Manifold manifold, MatrixBatch batch, TOptions options)
    {
        var dims = Sphere.Dimensions(manifold);
        return Sphere.Retract(W, Sphere.Direction(W, M, dims), lr, dims);
    }
}
