using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>One buffer of every matrix of a batch, stacked: (b, buffer rows, buffer columns).</summary>
public readonly struct BatchBuffer
{
    private readonly IReadOnlyList<MatrixBatch.Member> _members;
    private readonly string _name;

    internal BatchBuffer(IReadOnlyList<MatrixBatch.Member> members, string name) => (_members, _name) = (members, name);

    /// <summary>An exponential average, in place: v &lt;- beta v + (1 - beta) x.</summary>
    /// <param name="values">x, (b, buffer rows, buffer columns).</param>
    /// <param name="beta">In [0, 1).</param>
    /// <returns>v, stacked; a copy, in the type of <paramref name="values"/>.</returns>
    public Tensor Average(Tensor values, double beta) =>
        Change(values, (v, x) => v.Mul_(beta).Add_(x, 1 - beta));

    /// <summary>A decaying sum, in place: v &lt;- beta v + x.</summary>
    /// <param name="values">x, (b, buffer rows, buffer columns).</param>
    /// <param name="beta">In [0, 1].</param>
    /// <returns>v, stacked; a copy, in the type of <paramref name="values"/>.</returns>
    public Tensor Accumulate(Tensor values, double beta) => Change(values, (v, x) => v.Mul_(beta).Add_(x));

    private Tensor Change(Tensor values, Action<Tensor, Tensor> change)
    {
        using var scope = NewDisposeScope();
        var (parts, start) = (new List<Tensor>(), 0);
        foreach (var (gradient, part) in _members)
        {
            var (buffer, isLikeParameter) = part.Slot.State.Of(part, _name);
            var x = values.narrow(0, start, part.Blocks);
            gradient.Change(buffer, v => change(v, isLikeParameter ? part.Unstack(x, v.shape) : x));
            parts.Add(isLikeParameter ? part.Stack(buffer) : buffer);
            start += part.Blocks;
        }
        return cat(parts, 0).to(values.dtype).MoveToOuterDisposeScope();
    }
}
