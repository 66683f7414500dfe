using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.State;

/// <summary>The state of a parameter on the matrix route: its momentum, and what else its optimizer keeps.</summary>
public sealed class MatrixState : ParameterState
{
    private readonly Dictionary<(MatrixPart, string), (long offset, MatrixShape shape, bool isLikeParameter)> _places = [];

    internal MatrixState(MatrixSlot slot, Func<MatrixShape, IReadOnlyList<StateBuffer>> buffers, MatrixOptions options)
        : this(slot, Layout(slot, buffers), options)
    {
    }

    private MatrixState(MatrixSlot slot, IReadOnlyList<(string name, (MatrixPart part, MatrixShape shape)[] parts)> layout,
        MatrixOptions options)
        : base(slot.Parameter, layout.Select(buffer => (buffer.name, ShapeOf(slot, buffer.parts), TypeOf(buffer.name, options))),
            options.master_weights)
    {
        foreach (var (name, parts) in layout)
        {
            var (offset, isLikeParameter) = (0L, IsLikeParameter(parts));
            foreach (var (part, shape) in parts)
            {
                _places[(part, name)] = (offset, shape, isLikeParameter);
                offset += part.Blocks * shape.Rows * shape.Columns;
            }
        }
    }

    private static ScalarType? TypeOf(string buffer, MatrixOptions options) =>
        buffer == StateBuffer.MomentumName && options.state_precision == Precision.BFloat16 ? ScalarType.BFloat16 : null;

    /// <summary>M, of the parameter's shape, in float32 or float64; in bfloat16 where the options say so. Valid until the next step, which
    /// may lay it elsewhere: clone what is kept.</summary>
    public Tensor momentum_buffer => this[StateBuffer.MomentumName];

    /// <summary>Whether a matrix may have been without gradient at the last step, as far as the host knows.</summary>
    internal bool MayBeIdle { get; set; }

    private protected override void OnAssigned() => MayBeIdle = true;

    /// <summary>Begins to count, of every part, what its plan takes for one.</summary>
    internal void CountIdle(MatrixSlot slot) => Count(slot.Parts.Sum(part => part.IdleCounts));

    /// <summary>The counts of a part, (blocks, counted rows, counted columns): a view.</summary>
    private Tensor IdleOf(MatrixPart part) =>
        Idle!.narrow(0, part.Slot.Parts.TakeWhile(other => other != part).Sum(other => other.IdleCounts), part.IdleCounts)
            .reshape(part.Blocks, part.IdleShape.Rows, part.IdleShape.Columns);

    /// <summary>The rows and columns of a buffer that belong to each matrix of a part.</summary>
    internal MatrixShape ShapeOf(MatrixPart part, string name) => name switch
    {
        MasterName => part.Shape,
        IdleName => part.IdleShape,
        _ => _places[(part, name)].shape,
    };

    /// <summary>What of a buffer belongs to the matrices of a part, (blocks, buffer rows, buffer columns): a view where it can
    /// be.</summary>
    internal Tensor Stacked(MatrixPart part, string name)
    {
        var (view, isLikeParameter) = Of(part, name);
        return isLikeParameter ? part.Stack(view) : view;
    }

    /// <summary>Copies back what <see cref="Stacked"/> gave.</summary>
    internal void Put(MatrixPart part, string name, Tensor stacked)
    {
        var (view, isLikeParameter) = Of(part, name);
        view.copy_(isLikeParameter ? part.Unstack(stacked, view.shape) : stacked);
    }

    /// <summary>What of a buffer belongs to a part: a view, of the shape of the part where the buffer looks like the parameter, else
    /// (blocks, buffer rows, buffer columns).</summary>
    private (Tensor view, bool isLikeParameter) Of(MatrixPart part, string name)
    {
        if (name == IdleName) return (IdleOf(part), false);
        if (name == MasterName) return (part.Of(Master!), true);
        var (offset, shape, isLikeParameter) = _places[(part, name)];
        return (isLikeParameter
            ? part.Of(this[name])
            : this[name].reshape(-1).narrow(0, offset, part.Blocks * shape.Rows * shape.Columns)
                .reshape(part.Blocks, shape.Rows, shape.Columns), isLikeParameter);
    }

    /// <summary>The optimizer's buffers by name and part.</summary>
    /// <exception cref="ArgumentException">A buffer has a name that the base keeps for itself.</exception>
    private static IReadOnlyList<(string name, (MatrixPart part, MatrixShape shape)[] parts)> Layout(MatrixSlot slot,
        Func<MatrixShape, IReadOnlyList<StateBuffer>> buffers)
    {
        var layout = slot.Parts.SelectMany(part => buffers(part.Shape).Select(buffer => (buffer.Name, part, buffer.Shape)))
            .GroupBy(buffer => buffer.Name, (name, parts) => (name, parts.Select(p => (p.part, p.Shape)).ToArray()))
            .ToArray();
        return layout.All(buffer => buffer.name is not (MasterName or IdleName)) ? layout : throw new ArgumentException(
            $"A buffer of {slot.Label} is named '{MasterName}' or '{IdleName}', which the optimizer keeps itself; name it otherwise.");
    }

    private static bool IsLikeParameter((MatrixPart part, MatrixShape shape)[] parts) =>
        parts.All(p => p.shape == p.part.Shape);

    private static long[] ShapeOf(MatrixSlot slot, (MatrixPart part, MatrixShape shape)[] parts) =>
        IsLikeParameter(parts) ? slot.Parameter.shape
        : parts is [var (part, shape)] ? [part.Blocks * shape.Rows, shape.Columns]
        : [parts.Sum(p => p.part.Blocks * p.shape.Rows * p.shape.Columns)];
}
