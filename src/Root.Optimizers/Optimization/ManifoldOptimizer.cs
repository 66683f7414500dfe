using Root.Optimizers.Manifolds;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// What optimizers share whose weights live on manifolds: every matrix W of the model is radius times a point of its
/// manifold, is moved there when its group is added, and is kept there by every step. Momentum stays in the ambient
/// space; a step takes its tangent part where the weight is by then.
/// </summary>
public abstract class ManifoldOptimizer : MatrixOptimizer
{
    private readonly Dictionary<Entry, Place> _places = [];
    private readonly Dictionary<Entry, Placement> _placements = [];
    private readonly List<(Entry entry, ManifoldOptions options)> _unstepped = [];

    private protected ManifoldOptimizer(ManifoldOptions defaults) : base(defaults) { }

    /// <summary>Where every matrix lives, and which were moved there; printing one gives a line.</summary>
    public IReadOnlyList<Placement> Placements =>
        Groups.SelectMany(g => g.Entries).Where(_placements.ContainsKey).Select(e => _placements[e]).ToArray();

    private protected override void Admit(IReadOnlyList<Entry> entries, MatrixOptions options)
    {
        var chosen = (ManifoldOptions)options;
        var matrices = entries.Where(e => e.State is MomentumState).ToArray();
        foreach (var entry in matrices) _places[entry] = chosen.PlaceOf(entry);
        PutInPlace(matrices, chosen);
        _unstepped.AddRange(matrices.Select(entry => (entry, chosen)));
    }

    /// <inheritdoc />
    /// <exception cref="ArgumentException">A weight was changed before its first step, is off its manifold now, and
    /// <see cref="ManifoldOptions.initialize"/> is false.</exception>
    public override Tensor step(Func<Tensor>? closure = null)
    {
        // Weights that were loaded after construction have not been seen yet; those of a resumed run were in place before.
        foreach (var (entry, options) in _unstepped)
            if (!entry.Parameter.IsInvalid && entry.State.step == 0)
                PutInPlace([entry], options);
        _unstepped.Clear();
        return base.step(closure);
    }

    /// <summary>Measures all, then moves those that are off.</summary>
    private void PutInPlace(IReadOnlyList<Entry> entries, ManifoldOptions options)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var off = new List<Entry>();
        // A meta tensor has no data that could be off.
        foreach (var entry in entries.Where(e => e.Parameter.device_type != DeviceType.META))
        {
            var place = _places[entry];
            var distance = place.Distance(Matrix(entry));
            var isOff = !(distance <= options.Tolerance(entry.Parameter.dtype)); // NaN is off, too
            if (isOff && options.initialize == false)
                throw new ArgumentException(FormattableString.Invariant(
                    $"{entry.Label} is {distance:g3} off its manifold, {place.Manifold} of radius {place.Radius:g4}, ")
                    + "and initialize is false: set it to true to have the weight moved to the nearest point, or "
                    + "initialize it there.");
            _placements.TryAdd(entry, new(entry.Routed, place.Manifold, place.Radius, distance, isOff));
            if (isOff) off.Add(entry);
        }
        foreach (var entry in off)
            entry.Parameter.copy_(_places[entry].Nearest(Matrix(entry)).reshape(entry.Parameter.shape));
    }

    private static Tensor Matrix(Entry entry) => entry.Parameter.reshape(entry.Rows, entry.Columns);

    private protected override void Update(MatrixBatch batch, MatrixOptions options)
    {
        foreach (var (place, part) in batch.By(entry => _places[entry]))
        {
            var M = part.Accumulate(options.momentum!.Value, nesterov: false);
            var W = part.Parameters().div_(place.Radius);
            var lr = options.LearningRate!.Value * place.Share;
            part.Assign(Move(W, M, lr, place.Manifold, part, (ManifoldOptions)options).mul_(place.Radius));
        }
    }

    /// <summary>One step of the unit weights of a batch, down along M.</summary>
    /// <param name="W">(b, rows, columns), on the manifold.</param>
    /// <param name="M">The momentum, of the same shape.</param>
    /// <param name="lr">The learning rate of these weights.</param>
    /// <param name="manifold">Where they live.</param>
    /// <param name="batch">Whose they are.</param>
    /// <param name="options">The group's.</param>
    /// <returns>(b, rows, columns), new, on the manifold.</returns>
    private protected virtual Tensor Move(Tensor W, Tensor M, double lr, Manifold manifold, MatrixBatch batch,
        ManifoldOptions options)
    {
        var dims = Sphere.Dimensions(manifold);
        return Sphere.Retract(W, Sphere.Direction(W, M, dims), lr, dims);
    }
}
