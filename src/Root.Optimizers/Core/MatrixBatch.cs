using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>
/// The matrices of one shape, type, device and plan that a step updates together, stacked: (b, rows, columns), in float32, or
/// float64 for float64 parameters.
/// </summary>
public sealed class MatrixBatch
{
    /// <summary>
    /// On the CPU a batch holds no more entries: small matrices gain by sharing calls, large ones lose the cache and the
    /// reuse of memory. Source: RootOptimizer's step on 2 cores with AVX-512 BF16, libtorch 2.10, November 2026: this limit takes
    /// 0.54 of the time of one matrix at a time for 8 of 192x768, 0.39 for 8 of 192x192, 0.83 for 8 of 512x512.
    /// </summary>
    private const long EntriesOnCpu = 1 << 20;

    private readonly IReadOnlyList<Member> _members;
    private readonly IStepObserver? _observer;

    /// <summary>What the observer is shown: the momentum as it was before anything was done to it.</summary>
    private Tensor? _observed;

    private MatrixBatch(IReadOnlyList<Member> members, IStepObserver? observer) => (_members, _observer) = (members, observer);

    /// <summary>A part of a parameter, and its gradient.</summary>
    internal readonly record struct Member(Gradient Gradient, MatrixPart Part)
    {
        public long Entries => Part.Blocks * Part.Shape.Rows * Part.Shape.Columns;
    }

    /// <summary>The parameters' parts in the batch, in the order in which they are stacked.</summary>
    public IEnumerable<MatrixPart> Parts => _members.Select(member => member.Part);

    /// <summary>The shape of each matrix.</summary>
    public MatrixShape Shape => _members[0].Part.Shape;

    /// <summary>What the optimizer has planned for these parameters.</summary>
    public object? Plan => _members[0].Part.Plan;

    /// <summary>The parameters' type.</summary>
    public ScalarType Type => _members[0].Part.Slot.Parameter.dtype;

    /// <summary>Where they are.</summary>
    public Device Device => _members[0].Part.Slot.Parameter.device;

    /// <summary>The element type of an iteration over these matrices.</summary>
    public ScalarType TypeFor(Precision precision) => precision.Resolve(Type, Device.type, Shape.Shorter);

    /// <summary>The matrices among <paramref name="gradients"/>, equal ones together, in order of appearance.</summary>
    internal static IReadOnlyList<MatrixBatch> Form(IEnumerable<Gradient> gradients, IStepObserver? observer) => gradients
        .Where(g => g.Slot is MatrixSlot)
        .SelectMany(g => ((MatrixSlot)g.Slot).Parts.Select(part => new Member(g, part)))
        .GroupBy(m => (m.Part.Shape, m.Gradient.Slot.Parameter.dtype, m.Gradient.Value.device_type, m.Gradient.Value.device_index,
            m.Part.Plan))
        .SelectMany(Portions)
        .Select(members => new MatrixBatch(members, observer))
        .ToList();

    /// <summary>All on a GPU; on the CPU as few even portions as <see cref="EntriesOnCpu"/> allows.</summary>
    private static IEnumerable<Member[]> Portions(IEnumerable<Member> equal)
    {
        var members = equal.ToArray();
        if (members[0].Gradient.Value.device_type != DeviceType.CPU) return [members];
        var entries = members.Sum(member => member.Entries);
        var portions = Math.Min(members.Length, (entries + EntriesOnCpu - 1) / EntriesOnCpu);
        return members.Chunk((int)((members.Length + portions - 1) / Math.Max(portions, 1)));
    }

    /// <summary>A buffer that the optimizer keeps, beside the momentum.</summary>
    /// <param name="name">Of the <see cref="StateBuffer"/>.</param>
    public BatchBuffer this[string name] => new(_members, name);

    /// <summary>
    /// Heavy-ball momentum, in place: M &lt;- mu M + G. Returns G + mu M with Nesterov, else M, stacked.
    /// </summary>
    /// <returns>(b, rows, columns), new.</returns>
    public Tensor Accumulate(double mu, bool nesterov) =>
        Momentum(mu, gradientShare: 1, (M, G) => nesterov ? G.Add(M, mu) : M.clone());

    /// <summary>
    /// Momentum as an exponential average, in place: M &lt;- mu M + (1 - mu) G. Returns mu M + (1 - mu) G of the new M with
    /// Nesterov, else M, stacked.
    /// </summary>
    /// <returns>(b, rows, columns), new.</returns>
    public Tensor Average(double mu, bool nesterov) =>
        Momentum(mu, gradientShare: 1 - mu, (M, G) => nesterov ? M.Mul(mu).Add_(G, 1 - mu) : M.clone());

    /// <summary>M &lt;- mu M + share G, in place, and what is made of the new M and G, stacked.</summary>
    private Tensor Momentum(double mu, double gradientShare, Func<Tensor, Tensor, Tensor> result)
    {
        var momentum = Stack(member =>
        {
            var (M, G) = (member.Part.Of(member.Part.Slot.State.momentum_buffer), member.Part.Of(member.Gradient.Value));
            var left = StaleMomentum.Left(member, mu);
            member.Gradient.Change(M, M => (left is null ? M.Mul_(mu) : M.mul_(left)).Add_(G, gradientShare));
            return result(M, G);
        });
        if (_observer is not null) _observed = momentum.clone();
        return momentum;
    }

    /// <summary>theta &lt;- (1 - lr decay) theta - lr scale U, with the factor of the shape that the options name.</summary>
    /// <param name="updates">U, (b, rows, columns).</param>
    /// <param name="options">The group's.</param>
    public void Descend(Tensor updates, OrthogonalizingOptions options) =>
        Descend(updates, options, part => options.lr_scale.Factor(part));

    /// <summary>
    /// theta &lt;- (1 - lr decay) theta - lr scale U, for each parameter of the batch, lr times its share; cautious: entries do not
    /// decay that the step moves away from 0.
    /// </summary>
    /// <param name="updates">U, (b, rows, columns).</param>
    /// <param name="options">The group's.</param>
    /// <param name="scale">A factor of the update.</param>
    public void Descend(Tensor updates, MatrixOptions options, double scale = 1) => Descend(updates, options, _ => scale);

    private void Descend(Tensor updates, MatrixOptions options, Func<MatrixPart, double> scale)
    {
        using var scope = NewDisposeScope();
        Show(updates);
        foreach (var (member, U) in ByMember(updates))
        {
            var rate = options.LearningRate!.Value * member.Part.Slot.Share;
            member.Gradient.ChangeParameter(member.Part.Of, theta =>
            {
                WeightDecay.Apply_(theta, U, rate * options.weight_decay, options.cautious);
                theta.Add_(U, -rate * scale(member.Part));
            });
        }
    }

    /// <summary>The parameters, stacked as <see cref="Accumulate"/> stacks their momentum; a copy.</summary>
    public Tensor Parameters() => Stack(member =>
        member.Part.Of(member.Part.Slot.State.Master ?? member.Part.Slot.Parameter).Widened().clone());

    /// <summary>theta &lt;- W, for each parameter of the batch.</summary>
    /// <param name="values">W, (b, rows, columns).</param>
    public void Assign(Tensor values)
    {
        using var scope = NewDisposeScope();
        if (_observer is not null) Show(Parameters().sub_(values));
        foreach (var (member, W) in ByMember(values)) member.Gradient.ChangeParameter(member.Part.Of, theta => theta.copy_(W));
    }

    private void Show(Tensor updates)
    {
        if (_observer is null || _observed is null) return;
        var start = 0;
        foreach (var part in Parts)
        {
            _observer.OnMatrix(part, part.Slot.State.step, _observed.narrow(0, start, part.Blocks), updates.narrow(0, start, part.Blocks));
            start += part.Blocks;
        }
    }

    /// <summary>Stacks what <paramref name="partwise"/> makes of each member, new tensors of the parts' own shapes.</summary>
    private Tensor Stack(Func<Member, Tensor> partwise)
    {
        using var scope = NewDisposeScope();
        var parts = _members.Select(member => member.Part.Stack(partwise(member))).ToArray();
        return (parts.Length == 1 ? parts[0] : cat(parts, 0)).MoveToOuterDisposeScope();
    }

    /// <summary>What of a stacked tensor belongs to each member, in the shape of its part.</summary>
    private IEnumerable<(Member member, Tensor value)> ByMember(Tensor stacked)
    {
        var start = 0;
        foreach (var member in _members)
        {
            var part = member.Part;
            yield return (member, part.Unstack(stacked.narrow(0, start, part.Blocks), part.Of(part.Slot.Parameter).shape));
            start += part.Blocks;
        }
    }
}
