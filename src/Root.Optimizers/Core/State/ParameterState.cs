using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.State;

/// <summary>What an optimizer keeps for one parameter: a step count and named buffers.</summary>
public abstract class ParameterState : OptimizerState, IDisposable
{
    private readonly string[] _names;
    private readonly Tensor[] _buffers;

    private protected ParameterState(Parameter parameter, IEnumerable<(string name, long[] shape)> buffers) : base(parameter)
    {
        using var grad = no_grad();
        var all = buffers.ToArray();
        _names = all.Select(b => b.name).ToArray();
        // Not zeros_like, which keeps the strides: only a contiguous tensor can be saved.
        _buffers = all.Select(b =>
            zeros(b.shape, dtype: parameter.dtype, device: parameter.device).DetachFromDisposeScope()).ToArray();
    }

    /// <summary>How many steps this parameter has taken.</summary>
    public long step { get; internal set; }

    /// <summary>A buffer by its name.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public Tensor this[string name] => Array.IndexOf(_names, name) is >= 0 and var index
        ? _buffers[index]
        : throw new KeyNotFoundException($"There is no buffer '{name}'; there are {string.Join(", ", _names)}.");

    /// <summary>Writes step count and buffers.</summary>
    public override void SaveStateDict(BinaryWriter writer)
    {
        writer.Write(step);
        writer.Write(_buffers.Length);
        foreach (var buffer in _buffers) buffer.Save(writer);
    }

    /// <summary>Nothing: the first group's options have read the whole state (see <see cref="MatrixOptions"/>).</summary>
    public override void LoadStateDict(BinaryReader reader)
    {
    }

    /// <summary>Copies step count and buffers from the state of another optimizer.</summary>
    /// <exception cref="ArgumentException">The other state is of another kind, shape or type.</exception>
    public override void LoadStateDict(OptimizerState source)
    {
        Check(source);
        var state = (ParameterState)source;
        Assign(state.step, state._buffers);
    }

    internal void Check(OptimizerState source)
    {
        if (source.GetType() != GetType() || !_names.SequenceEqual(((ParameterState)source)._names))
            throw new ArgumentException($"A {source.GetType().Name} cannot be loaded into a {GetType().Name} of "
                + $"{string.Join(", ", _names)}: the parameter is routed differently, or the optimizer keeps other buffers.");
        foreach (var (mine, theirs) in _buffers.Zip(((ParameterState)source)._buffers))
            if (mine.dtype != theirs.dtype || !mine.shape.SequenceEqual(theirs.shape))
                throw new ArgumentException($"A state of {theirs.dtype} {theirs.shape.Text()} cannot be loaded "
                    + $"into one of {mine.dtype} {mine.shape.Text()}.");
    }

    /// <summary>Reads a saved state into new tensors of this state's shape, without changing anything.</summary>
    internal (long step, Tensor[] buffers) Read(BinaryReader reader)
    {
        var steps = reader.ReadInt64();
        var count = reader.ReadInt32();
        if (steps < 0 || count != _buffers.Length)
            throw new InvalidDataException($"the saved state has {count} buffers where {_buffers.Length} are due");
        var loaded = _buffers.Select(b => empty(b.shape, dtype: b.dtype)).ToArray();
        foreach (var tensor in loaded) tensor.Load(reader);
        return (steps, loaded);
    }

    internal void Assign(long steps, Tensor[] buffers)
    {
        using var grad = no_grad();
        step = steps;
        foreach (var (mine, loaded) in _buffers.Zip(buffers)) mine.copy_(loaded);
    }

    /// <summary>Sets step count and buffers to zero.</summary>
    public override void Initialize(OptimizerOptions options)
    {
        using var grad = no_grad();
        step = 0;
        foreach (var buffer in _buffers) buffer.zero_();
    }

    /// <summary>Moves the buffers.</summary>
    public override void to(Device device)
    {
        for (var i = 0; i < _buffers.Length; i++)
            // What moves belongs to the scope that is open at the time; the state outlives it.
            _buffers[i] = _buffers[i].to(device, disposeAfter: true).DetachFromDisposeScope();
    }

    /// <summary>Whether step counts agree and buffers agree to torch.allclose's tolerances.</summary>
    public override bool ApproximatelyEquals(OptimizerState other) =>
        other is ParameterState state && state.GetType() == GetType() && state.step == step
        && _buffers.Zip(state._buffers).All(pair => pair.First.allclose(pair.Second));

    /// <summary>Releases the buffers.</summary>
    public void Dispose()
    {
        foreach (var buffer in _buffers) buffer.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The state of a parameter on the matrix route: its momentum, and what else its optimizer keeps.</summary>
public sealed class MatrixState : ParameterState
{
    internal MatrixState(MatrixSlot slot, IReadOnlyList<StateBuffer> buffers) : base(slot.Parameter,
        // A buffer of the matrix's own shape looks like the parameter.
        buffers.Select(b => (b.Name, b.Shape == slot.Shape
            ? slot.Parameter.shape
            : [slot.Blocks * b.Shape.Rows, b.Shape.Columns])))
    {
    }

    /// <summary>M, of the parameter's shape and type.</summary>
    public Tensor momentum_buffer => this[StateBuffer.MomentumName];
}

/// <summary>The state of a parameter on the AdamW route: its two moments.</summary>
internal sealed class AdamWState : ParameterState
{
    internal AdamWState(Parameter parameter) : base(parameter, [("exp_avg", parameter.shape), ("exp_avg_sq", parameter.shape)]) { }

    /// <summary>The mean of the gradient.</summary>
    public Tensor exp_avg => this["exp_avg"];

    /// <summary>The mean of the squared gradient.</summary>
    public Tensor exp_avg_sq => this["exp_avg_sq"];
}
