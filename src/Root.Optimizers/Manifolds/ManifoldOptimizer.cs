using Root.Optimizers.Core;
using Root.Optimizers.LinearAlgebra;
using Root.Optimizers.Manifolds;
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
    private readonly Dictionary<MatrixPart, Placement> _placements = [];
    private readonly List<(MatrixPart part, ManifoldOptions options)> _unstepped = [];

    /// <summary>Of a GPU, which leaves weights alone that it finds off their manifold until the host has moved them.</summary>
    private readonly DeferredNumber _off = new();

    private protected ManifoldOptimizer(IEnumerable<ParamGroup> groups, TOptions? options, IProcessGroup? process_group)
        : base(groups, options, process_group) { }

    /// <summary>The plan of a weight: radius times a point of the manifold, moved by its share of the learning rate.</summary>
    private protected sealed record Home(Manifold Manifold, double Radius, double Share);

    /// <summary>Where every matrix lives, and which were moved there; printing one gives a line.</summary>
    public IReadOnlyList<Placement> Placements =>
        Slots.OfType<MatrixSlot>().SelectMany(slot => slot.Parts).Where(_placements.ContainsKey).Select(part =>
            _placements[part]).ToArray();

    /// <summary>Raised for every weight that is moved to the nearest point of its manifold, in a step as well: where something else
    /// than the optimizer has changed it, such as a loaded file.</summary>
    public event Action<Placement>? WeightMoved;

    /// <summary>Whether the device decides what becomes of weights that are off their manifold: by default where it is no CPU, and
    /// no other rank either, which would not hear of it.</summary>
    internal bool? DefersOffManifold { get; set; }

    /// <inheritdoc />
    protected override object? PlanOf(MatrixPart part, TOptions options) =>
        new Home(options.ManifoldOf(part.Slot), options.RadiusOf(part), part.Slot.Share);

    private protected override MatrixShape IdleShapeOf(MatrixPart part) =>
        ((Home)part.Plan!).Manifold is Sphere sphere ? sphere.VectorsOf(part.Shape) : base.IdleShapeOf(part);

    private protected override Action? Prepare(IReadOnlyList<MatrixPart> parts, MatrixOptions options)
    {
        var chosen = (ManifoldOptions)options;
        var measured = Measure(parts, chosen);
        return () =>
        {
            PutInPlace(measured);
            _unstepped.AddRange(parts.Select(part => (part, chosen)));
        };
    }

    private protected override void OnStepping(IEnumerable<MatrixPart> parts)
    {
        // Weights that were loaded after construction have not been seen yet; those of a resumed run were in place before. All are
        // looked at, and may be refused, before any is moved; but those of groups that were not added in the end.
        var measured = _off.Seen != 0
            ? Groups.SelectMany(group => Measure(group.Parts, (ManifoldOptions)group.Options)).ToArray()
            : _unstepped.Where(x => x.part.Slot.State.step == 0 && Groups.Any(group => group.Parts.Contains(x.part)))
                .SelectMany(x => Measure([x.part], x.options)).ToArray();
        PutInPlace(measured);
        _unstepped.Clear();
        if (_off.Seen != 0) _off.Take();
    }

    /// <summary>How far off each weight is, and the nearest point where it is to be moved there; refuses those that are off where they
    /// are not to be moved, or have no nearest point.</summary>
    private static IReadOnlyList<(Placement placement, MatrixPart part, Tensor? nearest)> Measure(IReadOnlyList<MatrixPart> parts,
        ManifoldOptions options)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var measured = new List<(Placement, MatrixPart, Tensor?)>();
        // A meta tensor has no data that could be off.
        foreach (var part in parts.Where(p => p.Slot.Parameter.device_type != DeviceType.META))
        {
            var (manifold, radius, _) = (Home)part.Plan!;
            var weights = UnitWeights(part);
            var distance = manifold.Distance(weights);
            var isOff = !(distance <= options.Tolerance(part.Slot.Parameter.dtype)); // NaN is off, too
            if (isOff && !options.initialize)
                throw new ArgumentException(FormattableString.Invariant(
                    $"{part.Slot.Label} is {distance:g3} off its manifold, {manifold} of radius {radius:g4}, ")
                    + "and initialize is false: set it to true to have the weight moved to the nearest point, or "
                    + "initialize it there.");
            if (isOff && !weights.isfinite().all().item<bool>())
                throw new ArgumentException($"{part.Slot.Label} holds NaN or infinity, and has no nearest point on {manifold}.");
            var nearest = isOff ? manifold.Nearest(weights).Mul_(radius).MoveToOuterDisposeScope() : null;
            measured.Add((new(part.Slot.Routed, manifold, radius, distance, isOff), part, nearest));
        }
        return measured;
    }

    private void PutInPlace(IReadOnlyList<(Placement placement, MatrixPart part, Tensor? nearest)> measured)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (placement, part, nearest) in measured)
        {
            if (nearest is null)
            {
                _placements.TryAdd(part, placement);
                continue;
            }
            var theta = part.Of(part.Slot.Parameter);
            theta.copy_(part.Unstack(nearest, theta.shape));
            part.Slot.State.RefreshMaster(part.Slot.Parameter);
            _placements[part] = placement;
            Observer?.OnBroughtBack(part, placement.Distance);
            WeightMoved?.Invoke(placement);
        }
    }

    /// <summary>The weights of a part as points of the manifold, (b, rows, columns).</summary>
    private static Tensor UnitWeights(MatrixPart part) =>
        part.Stack(part.Of(part.Slot.Parameter.detach())).Widened().Div(((Home)part.Plan!).Radius);

    /// <summary>W &lt;- radius step(W / radius, lr), for the weights of a batch.</summary>
    /// <param name="batch">Whose weights they are.</param>
    /// <param name="options">The group's.</param>
    /// <param name="step">From points of the manifold, (b, rows, columns), and their learning rate to other points, and how far off the
    /// manifold the first ones were, (b, 1, 1), beyond what the step itself accounts for; null where the step does not care.</param>
    private protected void Move(MatrixBatch batch, TOptions options, Func<Tensor, double, (Tensor next, Tensor? distance)> step)
    {
        var (manifold, radius, share) = (Home)batch.Plan!;
        var lr = options.LearningRate!.Value * share;
        var W = batch.Parameters().Div_(radius);
        var (next, distance) = step(W, lr);
        // Ten times what counts as on the manifold: steps do not leave it, and what is nearer they bring back themselves. NaN, which
        // non_finite may have let through, is not off it but goes where it goes.
        var off = W.device_type == DeviceType.META ? null : distance?.Gt(10 * options.Tolerance(batch.Type));
        if (off is not null && (DefersOffManifold ?? (W.device_type != DeviceType.CPU && Shards is null)))
        {
            next = where(off, W, next);
            _off.SetWhere(off.any(), 1);
        }
        else if (off is not null && off.any().item<bool>())
        {
            PutInPlace(Measure([.. batch.Parts], options));
            (next, _) = step(batch.Parameters().Div_(radius), lr);
        }
        batch.Watch?.OnManifold(next, manifold.Distance);
        batch.Assign(next.Mul_(radius));
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) _off.Dispose();
    }
}
