using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>The matrices of one shape, type and device that a step updates together.</summary>
internal sealed class MatrixBatch
{
    private readonly IReadOnlyList<Gradient> _members;

    private MatrixBatch(IReadOnlyList<Gradient> members) => _members = members;

    /// <summary>How many matrices of the shape in either orientation there are, and how many of them come before this batch.</summary>
    private (int before, int all) _ofShape;

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
        return turn >= 0 && turn < _members.Count ? stacked[turn] : null;
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
        .Select(group => new MatrixBatch(group.ToList()))
        .ToList();

    /// <summary>Lets the batches of one shape, in either orientation and of all groups, take turns in <see cref="InTurn"/>.</summary>
    public static void TakeTurns(IEnumerable<MatrixBatch> batches)
    {
        foreach (var shape in batches.GroupBy(b => (Math.Min(b.Rows, b.Columns), Math.Max(b.Rows, b.Columns))))
        {
            var (before, all) = (0, shape.Sum(b => b._members.Count));
            foreach (var batch in shape)
            {
                batch._ofShape = (before, all);
                before += batch._members.Count;
            }
        }
    }

    /// <summary>
    /// Heavy-ball momentum, in place: M &lt;- mu M + G. Returns G + mu M with Nesterov, else M, stacked.
    /// </summary>
    /// <returns>(b, rows, columns), new, in the parameters' type or float32, whichever is wider.</returns>
    public Tensor Accumulate(double mu, bool nesterov) => Stack(member =>
    {
        var (entry, G) = member;
        entry.State.step++;
        var M = ((MomentumState)entry.State).momentum_buffer.mul_(mu).add_(G);
        return nesterov ? G.add(M, alpha: mu) : M;
    });

    /// <summary>theta &lt;- (1 - lr * decay) theta - lr * scale * U, for each matrix of the batch.</summary>
    /// <param name="updates">U, (b, rows, columns).</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="scale">The factor of the shape.</param>
    /// <param name="decay">The decoupled weight decay.</param>
    public void Descend(Tensor updates, double lr, double scale, double decay)
    {
        using var scope = NewDisposeScope();
        foreach (var ((entry, _), U) in _members.Zip(updates.unbind()))
        {
            if (decay != 0) entry.Parameter.mul_(1 - lr * decay);
            entry.Parameter.add_(U.reshape(entry.Parameter.shape), alpha: -lr * scale);
        }
    }

    /// <summary>The parameters, stacked as <see cref="Accumulate"/> stacks their momentum.</summary>
    public Tensor Parameters() => Stack(member => member.Entry.Parameter);

    /// <summary>theta &lt;- W, for each matrix of the batch.</summary>
    /// <param name="values">W, (b, rows, columns).</param>
    public void Assign(Tensor values)
    {
        using var scope = NewDisposeScope();
        foreach (var ((entry, _), W) in _members.Zip(values.unbind()))
            entry.Parameter.copy_(W.reshape(entry.Parameter.shape));
    }

    private Tensor Stack(Func<Gradient, Tensor> matrix)
    {
        using var scope = NewDisposeScope();
        var stacked = stack(_members.Select(member => matrix(member).reshape(Rows, Columns)));
        if (Type is ScalarType.Float16 or ScalarType.BFloat16) stacked = stacked.to(ScalarType.Float32);
        return stacked.MoveToOuterDisposeScope();
    }
}
