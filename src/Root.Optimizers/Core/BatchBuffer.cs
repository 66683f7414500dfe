using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>One buffer of every matrix of a batch, stacked: (b, buffer rows, buffer columns).</summary>
public readonly struct BatchBuffer
{
    private readonly MatrixBatch _batch;
    private readonly string _name;

    internal BatchBuffer(MatrixBatch batch, string name) => (_batch, _name) = (batch, name);

    /// <summary>An exponential average, in place: v &lt;- beta v + (1 - beta) x.</summary>
    /// <param name="values">x, (b, buffer rows, buffer columns).</param>
    /// <param name="beta">In [0, 1).</param>
    /// <returns>v, stacked; a copy, in the type of <paramref name="values"/>.</returns>
    public Tensor Average(Tensor values, double beta) => Change(values, v => v.Mul_(beta).Add_(values, 1 - beta));

    /// <summary>A decaying sum, in place: v &lt;- beta v + x.</summary>
    /// <param name="values">x, (b, buffer rows, buffer columns).</param>
    /// <param name="beta">In [0, 1].</param>
    /// <returns>v, stacked; a copy, in the type of <paramref name="values"/>.</returns>
    public Tensor Accumulate(Tensor values, double beta) => Change(values, v => v.Mul_(beta).Add_(values));

    private Tensor Change(Tensor values, Action<Tensor> change)
    {
        using var scope = NewDisposeScope();
        return _batch.Change(_name, change).to(values.dtype, copy: true).MoveToOuterDisposeScope();
    }
}
