using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>The matrices of one shape, type, device and plan that a step updates together, stacked: (b, rows, columns).</summary>
public sealed class MatrixBatch
{
    /// <summary>
    /// On the CPU a batch holds no more entries: small matrices gain by sharing calls, large ones lose the cache and the
    /// reuse of memory. Source: RootOptimizer's step on 2 cores with AVX-512 BF16, libtorch 2.10, November 2026: this limit takes
    /// 0.54 of the time of one matrix at a time for 8 of 192x768, 0.39 for 8 of 192x192, 0.83 for 8 of 512x512.
    /// </summary>
    private const long EntriesOnCpu = 1 << 20;

    private readonly IReadOnlyList<Gradient> _members;
    private readonly IStepObserver? _observer;

    /// <summary>What the observer is shown: the momentum as it was before anything was done to it.</summary>
    private Tensor? _observed;

    private MatrixBatch(IReadOnlyList<Gradient> members, IStepObserver? observer) => (_members, _observer) = (members, observer);

    /// <summary>The parameters of the batch, in the order in which they are stacked.</summary>
    public IEnumerable<MatrixSlot> Slots => _members.Select(SlotOf);

    /// <summary>The shape of each matrix.</summary>
    public MatrixShape Shape => SlotOf(_members[0]).Shape;

    /// <summary>What the optimizer has planned for these parameters.</summary>
    public object? Plan => SlotOf(_members[0]).Plan;

    /// <summary>The parameters' type.</summary>
    public ScalarType Type => _members[0].Slot.Parameter.dtype;

    /// <summary>Where they are.</summary>
    public Device Device => _members[0].Slot.Parameter.device;

    /// <summary>The element type of an iteration over these matrices.</summary>
    public ScalarType TypeFor(Precision precision) => precision.Resolve(Type, Device.type, Shape.Shorter);

    /// <summary>The matrices among <paramref name="gradients"/>, equal ones together, in order of appearance.</summary>
    internal static IReadOnlyList<MatrixBatch> Form(IEnumerable<Gradient> gradients, IStepObserver? observer) => gradients
        .Where(g => g.Slot is MatrixSlot)
        .GroupBy(g => (SlotOf(g).Shape, g.Slot.Parameter.dtype, g.Value.device_type, g.Value.device_index, SlotOf(g).Plan))
        .SelectMany(Portions)
        .Select(members => new MatrixBatch(members, observer))
        .ToList();

    /// <summary>All on a GPU; on the CPU as few even portions as <see cref="EntriesOnCpu"/> allows.</summary>
    private static IEnumerable<Gradient[]> Portions(IEnumerable<Gradient> equal)
    {
        var members = equal.ToArray();
        if (members[0].Value.device_type != DeviceType.CPU) return [members];
        var entries = members.Sum(member => member.Value.numel());
        var portions = Math.Min(members.Length, (entries + EntriesOnCpu - 1) / EntriesOnCpu);
        return members.Chunk((int)((members.Length + portions - 1) / Math.Max(portions, 1)));
    }

    /// <summary>Counts the step that is about to be taken.</summary>
    internal void CountStep()
    {
        foreach (var slot in Slots) slot.State.step++;
    }

    /// <summary>A buffer that the optimizer keeps, beside the momentum.</summary>
    /// <param name="name">Of the <see cref="StateBuffer"/>.</param>
    public BatchBuffer this[string name] => new(_members, name);

    /// <summary>
    /// Heavy-ball momentum, in place: M &lt;- mu M + G. Returns G + mu M with Nesterov, else M, stacked.
    /// </summary>
    /// <returns>(b, rows, columns), new, in the parameters' type or float32, whichever is wider.</returns>
    public Tensor Accumulate(double mu, bool nesterov) => Momentum(member =>
    {
        var (M, G) = (SlotOf(member).State.momentum_buffer, member.Value);
        member.Change(M, M => M.Mul_(mu).Add_(G));
        return nesterov ? G.Add(M, mu) : M.clone();
    });

    /// <summary>
    /// Momentum as an exponential average, in place: M &lt;- mu M + (1 - mu) G. Returns mu M + (1 - mu) G of the new M with
    /// Nesterov, else M, stacked.
    /// </summary>
    /// <returns>(b, rows, columns), new, in the parameters' type or float32, whichever is wider.</returns>
    public Tensor Average(double mu, bool nesterov) => Momentum(member =>
    {
        var (M, G) = (SlotOf(member).State.momentum_buffer, member.Value);
        member.Change(M, M => M.Mul_(mu).Add_(G, 1 - mu));
        return nesterov ? M.Mul(mu).Add_(G, 1 - mu) : M.clone();
    });

    /// <summary>theta &lt;- (1 - lr decay) theta - lr scale U, with the factor of the shape that the options name.</summary>
    /// <param name="updates">U, (b, rows, columns).</param>
    /// <param name="options">The group's.</param>
    public void Descend(Tensor updates, OrthogonalizingOptions options) =>
        Descend(updates, options, options.lr_scale.Factor(Shape.Rows, Shape.Columns));

    /// <summary>
    /// theta &lt;- (1 - lr decay) theta - lr scale U, for each parameter of the batch, lr times its share; cautious: only entries
    /// decay that the step moves towards 0.
    /// </summary>
    /// <param name="updates">U, (b, rows, columns).</param>
    /// <param name="options">The group's.</param>
    /// <param name="scale">A factor of the update.</param>
    public void Descend(Tensor updates, MatrixOptions options, double scale = 1)
    {
        using var scope = NewDisposeScope();
        Show(updates);
        foreach (var (member, U) in ByParameter(updates))
        {
            var rate = options.LearningRate!.Value * SlotOf(member).Share;
            member.Change(member.Slot.Parameter, theta =>
            {
                WeightDecay.Apply_(theta, U, rate * options.weight_decay, options.cautious);
                theta.Add_(U, -rate * scale);
            });
        }
    }

    /// <summary>The parameters, stacked as <see cref="Accumulate"/> stacks their momentum; a copy.</summary>
    public Tensor Parameters() => Stack(member => member.Slot.Parameter.clone());

    /// <summary>theta &lt;- W, for each parameter of the batch.</summary>
    /// <param name="values">W, (b, rows, columns).</param>
    public void Assign(Tensor values)
    {
        using var scope = NewDisposeScope();
        if (_observer is not null) Show(Parameters().sub_(values));
        foreach (var (member, W) in ByParameter(values)) member.Change(member.Slot.Parameter, theta => theta.copy_(W));
    }

    private Tensor Momentum(Func<Gradient, Tensor> parameterwise)
    {
        var momentum = Stack(parameterwise);
        if (_observer is not null) _observed = momentum.clone();
        return momentum;
    }

    private void Show(Tensor updates)
    {
        if (_observer is null || _observed is null) return;
        var start = 0;
        foreach (var slot in Slots)
        {
            _observer.OnMatrix(slot, slot.State.step, _observed.narrow(0, start, slot.Blocks), updates.narrow(0, start, slot.Blocks));
            start += slot.Blocks;
        }
    }

    private static MatrixSlot SlotOf(Gradient member) => (MatrixSlot)member.Slot;

    /// <summary>Stacks what <paramref name="parameterwise"/> makes of each member, new tensors of the parameters' shapes.</summary>
    private Tensor Stack(Func<Gradient, Tensor> parameterwise)
    {
        using var scope = NewDisposeScope();
        var parts = _members.Select(member => parameterwise(member).reshape(-1, Shape.Rows, Shape.Columns)).ToArray();
        var stacked = parts.Length == 1 ? parts[0] : cat(parts, 0);
        if (Type is ScalarType.Float16 or ScalarType.BFloat16) stacked = stacked.to(ScalarType.Float32);
        return stacked.MoveToOuterDisposeScope();
    }

    private IEnumerable<(Gradient member, Tensor value)> ByParameter(Tensor stacked)
    {
        var start = 0;
        foreach (var member in _members)
        {
            var blocks = SlotOf(member).Blocks;
            yield return (member, stacked.narrow(0, start, blocks).reshape(member.Slot.Parameter.shape));
            start += blocks;
        }
    }
}
