using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>
/// Matrices of one shape in a parameter: all that it is, or those of some of its rows or columns. A parameter of shape
/// (batch..., m, rest...) is (product of batch) matrices of m rows, each row the rest; a part is a stretch of their rows or columns,
/// in blocks of equal size.
/// </summary>
public sealed class MatrixPart
{
    private readonly int _dimension;
    private readonly long _start, _length, _batch;
    private readonly bool _byColumns;
    private readonly int _cuts;

    internal MatrixPart(MatrixSlot slot, int batchDims, bool byColumns, (long start, long length, int blocks) cut)
    {
        var shape = slot.Routed.Shape;
        var (rows, columns) = (shape[batchDims], shape.Skip(batchDims + 1).Aggregate(1L, (product, size) => product * size));
        Slot = slot;
        (_start, _length, _cuts) = cut;
        (_byColumns, _dimension) = (byColumns, batchDims + (byColumns ? 1 : 0));
        IsWhole = _length == (byColumns ? columns : rows) && !(byColumns && _cuts > 1);
        _batch = shape.Take(batchDims).Aggregate(1L, (product, size) => product * size);
        Shape = byColumns ? new(rows, _length / _cuts) : new(_length / _cuts, columns);
        Blocks = checked((int)(_batch * _cuts));
    }

    /// <summary>The parameter.</summary>
    public MatrixSlot Slot { get; }

    /// <summary>The shape of each matrix.</summary>
    public MatrixShape Shape { get; }

    /// <summary>(outputs, inputs) of each matrix as a linear map, m and n unless the module is known to have them the other way
    /// round.</summary>
    internal (long outputs, long inputs) Sides => Slot.Routed.InputFirst ? (Shape.Columns, Shape.Rows) : (Shape.Rows, Shape.Columns);

    /// <summary>How many matrices it is.</summary>
    public int Blocks { get; }

    /// <summary>What the optimizer has planned for it; matrices of equal plans are updated together.</summary>
    public object? Plan { get; internal set; }

    /// <summary>What is counted of each matrix as being without a gradient: (1, 1) for the matrix as one, (rows, 1) where each row is
    /// normalized by itself, and so on.</summary>
    internal MatrixShape IdleShape { get; set; } = new(1, 1);

    /// <summary>How many counts that is.</summary>
    internal long IdleCounts => Blocks * IdleShape.Rows * IdleShape.Columns;

    /// <summary>Whether it is all of the parameter, row by row: then a contiguous tensor of the parameter's shape is its matrices, one
    /// after the other.</summary>
    internal bool IsWhole { get; }

    /// <summary>The part of a tensor of the parameter's shape: a view.</summary>
    internal Tensor Of(Tensor x) => IsWhole ? x : x.narrow(_dimension, _start, _length);

    /// <summary>(Blocks, rows, columns) from what <see cref="Of"/> gives; a view where it can be.</summary>
    internal Tensor Stack(Tensor part) => _byColumns && _cuts > 1
        ? part.reshape(_batch, Shape.Rows, _cuts, Shape.Columns).permute(0, 2, 1, 3).reshape(Blocks, Shape.Rows, Shape.Columns)
        : part.reshape(Blocks, Shape.Rows, Shape.Columns);

    /// <summary>Back from <see cref="Stack"/>, to the shape of a part.</summary>
    internal Tensor Unstack(Tensor matrices, long[] shape) => _byColumns && _cuts > 1
        ? matrices.reshape(_batch, _cuts, Shape.Rows, Shape.Columns).permute(0, 2, 1, 3).reshape(shape)
        : matrices.reshape(shape);

    /// <inheritdoc />
    public override string ToString() => Blocks == 1 ? $"{Shape}" : $"{Blocks} of {Shape}";
}
