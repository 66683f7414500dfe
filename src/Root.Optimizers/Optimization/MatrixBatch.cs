using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>The matrices of one shape, type and device that a step updates together.</summary>
internal sealed class MatrixBatch
{
    /// <summary>
    /// On the CPU a batch holds no more entries: small matrices gain by sharing calls, large ones lose the cache and the
    /// reuse of memory. Source: measured, four plain steps in bfloat16 on 2 cores: 8 of 192x768 in one batch take 0.55 of
    /// the time of 8 batches, 8 of 512x512 take 1.07.
    /// </summary>
    private const long EntriesOnCpu = 1 << 20;

    private readonly IReadOnlyList<Gradient> _members;

    private MatrixBatch(IReadOnlyList<Gradient> members) => _members = members;

    /// <summary>How many matrices of the shape in either orientation there are, and how many of them come before this batch.</summary>
    private (int before, int all) _ofShape;

    private int Count => _members.Sum(member => member.Entry.Blocks);

    public long Rows => _members[0].Entry.Rows;

    public long Columns => _members[0].Entry.Columns;

    public ScalarType Type => _members[0].Entry.Parameter.dtype;

    public Device Device => _members[0].Entry.Parameter.device;

    /// <summary>How many steps the batch has taken, this one included.</summary>
    public long Step => _members[0].Entry.State.step;

    /// <summary>
    /// The matrix of a stacked batch whose turn it is to be learned from; null where it is in another batch of the shape.
    /// </summary>
    public Tensor? InTurn(Tensor stacked)
    {
        var turn = CoefficientLearner.Turn(Step, _ofShape.all) - _ofShape.before;
        return turn >= 0 && turn < Count ? stacked[turn] : null;
    }

    /// <summary>The parameters of the batch, in the order in which they are stacked.</summary>
    public IEnumerable<Entry> Entries => _members.Select(member => member.Entry);

    /// <summary>The batch in parts, one for each value of <paramref name="key"/>.</summary>
    public IEnumerable<(TKey key, MatrixBatch part)> By<TKey>(Func<Entry, TKey> key) => _members
        .GroupBy(member => key(member.Entry))
        .Select(group => (group.Key, new MatrixBatch(group.ToList())));

    /// <summary>The matrices among <paramref name="gradients"/>, equal shapes together, in order of appearance.</summary>
    public static IReadOnlyList<MatrixBatch> Of(IEnumerable<Gradient> gradients) => gradients
        .Where(g => g.Entry.State is MomentumState)
        .GroupBy(g => (g.Entry.Rows, g.Entry.Columns, g.Entry.Parameter.dtype, g.Value.device_type, g.Value.device_index))
        .SelectMany(Portions)
        .Select(members => new MatrixBatch(members))
        .ToList();

    /// <summary>All on CUDA; on the CPU as few even portions as <see cref="EntriesOnCpu"/> allows.</summary>
    private static IEnumerable<Gradient[]> Portions(IEnumerable<Gradient> ofShape)
    {
        var members = ofShape.ToArray();
        if (members[0].Value.device_type != DeviceType.CPU) return [members];
        var entries = members.Sum(member => member.Value.numel());
        var portions = Math.Min(members.Length, (entries + EntriesOnCpu - 1) / EntriesOnCpu);
        return members.Chunk((int)((members.Length + portions - 1) / Math.Max(portions, 1)));
    }

    /// <summary>Lets the batches of one shape, in either orientation and of all groups, take turns in <see cref="InTurn"/>.</summary>
    public static void TakeTurns(IEnumerable<MatrixBatch> batches)
    {
        foreach (var shape in batches.GroupBy(b => (Math.Min(b.Rows, b.Columns), Math.Max(b.Rows, b.Columns))))
        {
            var (before, all) = (0, shape.Sum(b => b.Count));
            foreach (var batch in shape)
            {
                batch._ofShape = (before, all);
                before += batch.Count;
            }
        }
    }

    /// <summary>
    /// Heavy-ball momentum, in place: M &lt;- mu M + G. Returns G + mu M with Nesterov, else M, stacked.
    /// </summary>
    /// <returns>(b, rows, columns), new, in the parameters' type or float32, whichever is wider.</returns>
    public Tensor Accumulate(double mu, bool nesterov) => Stack(member =>
    {
        var (M, G) = Next(member);
        member.Change(M, M => M.mul_(mu).add_(G));
        return nesterov ? G.add(M, alpha: mu) : M.clone();
    });

    /// <summary>
    /// Momentum as an exponential average, in place: M &lt;- mu M + (1 - mu) G. Returns mu M + (1 - mu) G of the new M with
    /// Nesterov, else M, stacked.
    /// </summary>
    /// <returns>(b, rows, columns), new, in the parameters' type or float32, whichever is wider.</returns>
    public Tensor Average(double mu, bool nesterov) => Stack(member =>
    {
        var (M, G) = Next(member);
        member.Change(M, M => M.mul_(mu).add_(G, alpha: 1 - mu));
        return nesterov ? M.mul(mu).add_(G, alpha: 1 - mu) : M.clone();
    });

    private static (Tensor M, Tensor G) Next(Gradient member)
    {
        member.Entry.State.step++;
        return (((MomentumState)member.Entry.State).momentum_buffer, member.Value);
    }

    /// <summary>
    /// theta &lt;- (1 - lr * decay) theta - lr * scale * U, for each parameter of the batch, lr times its share.
    /// </summary>
    /// <param name="updates">U, (b, rows, columns).</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="scale">The factor of the shape.</param>
    /// <param name="decay">The decoupled weight decay.</param>
    /// <param name="cautious">Whether only entries decay that the step moves towards 0.</param>
    public void Descend(Tensor updates, double lr, double scale, double decay, bool cautious)
    {
        using var scope = NewDisposeScope();
        foreach (var (member, U) in ByParameter(updates))
        {
            var rate = lr * member.Entry.Share;
            member.Change(member.Entry.Parameter, theta =>
            {
                WeightDecay.Apply_(theta, U, rate * decay, cautious);
                theta.add_(U, alpha: -rate * scale);
            });
        }
    }

    /// <summary>The parameters, stacked as <see cref="Accumulate"/> stacks their momentum; a copy.</summary>
    public Tensor Parameters() => Stack(member => member.Entry.Parameter.clone());

    /// <summary>theta &lt;- W, for each parameter of the batch.</summary>
    /// <param name="values">W, (b, rows, columns).</param>
    public void Assign(Tensor values)
    {
        using var scope = NewDisposeScope();
        foreach (var (member, W) in ByParameter(values)) member.Change(member.Entry.Parameter, theta => theta.copy_(W));
    }

    /// <summary>Stacks what <paramref name="parameterwise"/> makes of each member, new tensors of the parameters' shapes.</summary>
    private Tensor Stack(Func<Gradient, Tensor> parameterwise)
    {
        using var scope = NewDisposeScope();
        var parts = _members.Select(member => parameterwise(member).reshape(-1, Rows, Columns)).ToArray();
        var stacked = parts.Length == 1 ? parts[0] : cat(parts, 0);
        if (Type is ScalarType.Float16 or ScalarType.BFloat16) stacked = stacked.to(ScalarType.Float32);
        return stacked.MoveToOuterDisposeScope();
    }

    private IEnumerable<(Gradient member, Tensor value)> ByParameter(Tensor stacked)
    {
        var start = 0;
        foreach (var member in _members)
        {
            var entry = member.Entry;
            yield return (member, stacked.narrow(0, start, entry.Blocks).reshape(entry.Parameter.shape));
            start += entry.Blocks;
        }
    }
}
