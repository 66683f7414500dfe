using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.State;

/// <summary>What an optimizer keeps for one parameter: a step count and named buffers.</summary>
public abstract class ParameterState : OptimizerState, IDisposable
{
    internal const string MasterName = "master";

    /// <summary>Of what is counted for <see cref="StaleMomentum"/>; it is saved as numbers.</summary>
    internal const string IdleName = "idle";

    private readonly string[] _names;
    private readonly (long[] shape, ScalarType type)[] _layouts;
    private readonly Device _device;
    private Tensor[] _buffers = [];
    private long? _idleCounts;

    /// <summary>The state of a parameter that has not been stepped; it takes no memory before <see cref="Allocate"/>.</summary>
    /// <param name="parameter">Whose state it is.</param>
    /// <param name="buffers">In float32, or in float64 for float64 parameters, where they name no other type: sums of 16 bits lose
    /// what is small.</param>
    /// <param name="master">Whether a parameter of 16 bits has a float32 master.</param>
    private protected ParameterState(Parameter parameter, IEnumerable<(string name, long[] shape, ScalarType? type)> buffers, bool master)
        : base(parameter)
    {
        var all = buffers.ToList();
        if (master && !parameter.dtype.IsWide()) all.Add((MasterName, parameter.shape, null));
        var wide = parameter.dtype.Widened();
        _names = all.Select(b => b.name).ToArray();
        _layouts = all.Select(b => (b.shape, b.type ?? wide)).ToArray();
        _device = parameter.device;
    }

    /// <summary>Keeps buffers, all zeros, from now on.</summary>
    /// <param name="length">Of how many of the parameter's entries, one after the other; null: of all, in its shape.</param>
    internal void Allocate(long? length = null)
    {
        using var grad = no_grad();
        // Not zeros_like, which keeps the strides: only a contiguous tensor can be saved.
        _buffers = _layouts.Select(its => zeros(length is { } cut ? [cut] : its.shape, dtype: its.type, device: _device)
            .DetachFromDisposeScope()).ToArray();
        if (_idleCounts is { } counts) Idle = zeros(counts, dtype: ScalarType.Float32, device: _device).DetachFromDisposeScope();
    }

    /// <summary>Begins to count; when the plans are made that say what is counted.</summary>
    private protected void Count(long counts) => _idleCounts = counts;

    /// <summary>For each matrix, or row or column where they are independent, how many steps in a row it has had no gradient: see
    /// <see cref="StaleMomentum"/>.</summary>
    private protected Tensor? Idle { get; private set; }

    /// <summary>The float32 weights that a step changes, of which a 16-bit parameter is the rounding; null where it has none.</summary>
    internal Tensor? Master => Array.IndexOf(_names, MasterName) is >= 0 and var index && index < _buffers.Length ? _buffers[index] : null;

    /// <summary>Takes over entries of the parameter that somebody else has changed since the last step.</summary>
    /// <param name="parameter">It, or what of it has state here.</param>
    internal void RefreshMaster(Tensor parameter)
    {
        if (Master is not { } master) return;
        using var scope = NewDisposeScope();
        master.copy_(Refreshed(master, parameter));
    }

    /// <summary>Masters of which parameters are the rounding: the parameter itself where it is not its master's.</summary>
    internal static Tensor Refreshed(Tensor master, Tensor parameter) =>
        where(master.to(parameter.dtype).eq(parameter), master, parameter.to(master.dtype));

    /// <summary>How many steps this parameter has taken.</summary>
    public long step { get; internal set; }

    /// <summary>A buffer by its name. Valid until the next step, which may lay it elsewhere: clone what is kept.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    /// <exception cref="InvalidOperationException">Another rank keeps it.</exception>
    public Tensor this[string name] => Array.IndexOf(_names, name) is >= 0 and var index
        ? index < _buffers.Length ? _buffers[index] : throw new InvalidOperationException($"Another rank keeps the buffer '{name}'.")
        : throw new KeyNotFoundException($"There is no buffer '{name}'; there are {string.Join(", ", _names)}.");

    /// <summary>Nothing: the first group's options write the whole state (see <see cref="MatrixOptions"/>).</summary>
    public override void SaveStateDict(BinaryWriter writer)
    {
    }

    /// <summary>Nothing: the first group's options read the whole state.</summary>
    public override void LoadStateDict(BinaryReader reader)
    {
    }

    /// <summary>The buffers of the whole parameter as they are saved, whoever keeps them.</summary>
    internal IEnumerable<(string name, long[] shape, ScalarType type)> Layouts =>
        _names.Zip(_layouts, (name, its) => (name, its.shape, its.type));

    /// <summary>How many counts of steps without gradient there are, whoever keeps them.</summary>
    internal long IdleCounts => _idleCounts ?? 0;

    /// <summary>The buffers that are saved, by their names; those that are kept here.</summary>
    internal IEnumerable<(string name, Tensor tensor)> Named => _names.Zip(_buffers);

    /// <summary>All buffers.</summary>
    internal IEnumerable<(string name, Tensor tensor)> Kept => Idle is null ? Named : Named.Append((IdleName, Idle));

    /// <summary>Who has laid the buffers side by side with those of other parameters; null: they have memory of their own.</summary>
    internal SideBySide? Home { get; private set; }

    /// <summary>The buffers become views of what holds the same.</summary>
    internal void MoveTo(SideBySide home, Dictionary<string, Tensor> views)
    {
        for (var i = 0; i < _buffers.Length; i++)
        {
            _buffers[i].Dispose();
            _buffers[i] = views[_names[i]];
        }
        Idle?.Dispose();
        Idle = views.GetValueOrDefault(IdleName);
        Home = home;
    }

    /// <summary>Copies step count and buffers from the state of another optimizer.</summary>
    /// <exception cref="ArgumentException">The other state is of another kind, shape or type.</exception>
    public override void LoadStateDict(OptimizerState source)
    {
        Check(source);
        var state = (ParameterState)source;
        Assign(new(state.step, state._buffers, state.IdleOnHost()));
    }

    internal float[] IdleOnHost()
    {
        using var scope = NewDisposeScope();
        return Idle?.cpu().data<float>().ToArray() ?? [];
    }

    /// <summary>What a saved state holds for one parameter.</summary>
    internal sealed record Saved(long Step, Tensor[] Buffers, float[] Idle);

    internal void Check(OptimizerState source)
    {
        if (source.GetType() != GetType() || !_names.SequenceEqual(((ParameterState)source)._names))
            throw new ArgumentException($"A {source.GetType().Name} cannot be loaded into a {GetType().Name} of "
                + $"{string.Join(", ", _names)}: the parameter is routed differently, or the optimizer keeps other buffers.");
        CheckContent((ParameterState)source);
        foreach (var (mine, theirs) in _buffers.Zip(((ParameterState)source)._buffers))
            if (mine.dtype != theirs.dtype || !mine.shape.SequenceEqual(theirs.shape))
                throw new ArgumentException($"A state of {theirs.dtype} {theirs.shape.Text()} cannot be loaded "
                    + $"into one of {mine.dtype} {mine.shape.Text()}.");
    }

    /// <summary>What no step leaves behind, and no step should begin from.</summary>
    private static void CheckContent(ParameterState source)
    {
        using var scope = NewDisposeScope();
        if (source.step is < 0 or > SavedState.MostSteps) throw new ArgumentException($"A state of {source.step} steps cannot be loaded.");
        foreach (var (name, buffer) in source.Named)
        {
            if (!buffer.isfinite().all().item<bool>()) throw new ArgumentException($"The buffer '{name}' to load holds NaN or infinity.");
            if (name == AdamWState.SecondMomentName && buffer.numel() > 0 && buffer.min().to(ScalarType.Float64).item<double>() < 0)
                throw new ArgumentException($"The buffer '{name}' to load, a mean of squares, is negative.");
        }
    }

    internal void Assign(Saved saved)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        step = saved.Step;
        foreach (var (mine, loaded) in _buffers.Zip(saved.Buffers)) mine.copy_(loaded);
        // Matrices that were split otherwise begin to count anew.
        if (Idle?.numel() == saved.Idle.Length) Idle.copy_(tensor(saved.Idle));
        else Idle?.zero_();
        OnAssigned();
    }

    /// <summary>After buffers were set from outside.</summary>
    private protected virtual void OnAssigned()
    {
    }

    /// <summary>Sets step count and buffers to zero.</summary>
    public override void Initialize(OptimizerOptions options)
    {
        using var grad = no_grad();
        step = 0;
        foreach (var buffer in _buffers) buffer.zero_();
        Idle?.zero_();
    }

    /// <summary>Moves the buffers.</summary>
    public override void to(Device device)
    {
        for (var i = 0; i < _buffers.Length; i++)
            // What moves belongs to the scope that is open at the time; the state outlives it.
            _buffers[i] = _buffers[i].to(device, disposeAfter: true).DetachFromDisposeScope();
        Idle = Idle?.to(device, disposeAfter: true).DetachFromDisposeScope();
        // Views keep the memory until the last state has moved.
        Home?.Dispose();
        Home = null;
    }

    /// <summary>Whether step counts agree and buffers agree to torch.allclose's tolerances.</summary>
    public override bool ApproximatelyEquals(OptimizerState other) =>
        other is ParameterState state && state.GetType() == GetType() && state.step == step
        && _buffers.Zip(state._buffers).All(pair => pair.First.allclose(pair.Second))
        && (Idle is null || Idle.Equals(state.Idle!));

    /// <summary>Releases the buffers.</summary>
    public void Dispose()
    {
        foreach (var buffer in _buffers) buffer.Dispose();
        Idle?.Dispose();
        GC.SuppressFinalize(this);
    }
}
