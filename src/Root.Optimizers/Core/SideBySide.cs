using Root.Optimizers.Core.State;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>
/// Lays the buffers of parameters that are stepped together side by side: those of one name in one flat tensor, of which every
/// parameter's own is a view. So a step changes them all by one call, and they are still saved by parameter.
/// </summary>
/// <param name="states">Of equal buffers, types and devices.</param>
internal sealed class SideBySide(IReadOnlyList<ParameterState> states) : IDisposable
{
    private readonly Dictionary<string, Tensor> _flat = [];

    /// <summary>The buffers of a name, one after the other; changed in place. Valid until one of the states moves.</summary>
    public Tensor this[string name]
    {
        get
        {
            Lay();
            return _flat[name];
        }
    }

    /// <summary>Lays them where they do not lie side by side yet, or not any more: a state has moved to another device.</summary>
    private void Lay()
    {
        if (states.All(state => state.Home == this)) return;
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        Dispose();
        var views = states.Select(_ => new Dictionary<string, Tensor>()).ToArray();
        foreach (var name in states[0].Kept.Select(buffer => buffer.name))
        {
            var buffers = states.Select(state => state.Kept.Single(buffer => buffer.name == name).tensor).ToArray();
            var flat = _flat[name] = cat(buffers.Select(buffer => buffer.reshape(-1)).ToArray(), 0).DetachFromDisposeScope();
            var start = 0L;
            foreach (var (buffer, its) in buffers.Zip(views))
            {
                its[name] = flat.narrow(0, start, buffer.numel()).view(buffer.shape).DetachFromDisposeScope();
                start += buffer.numel();
            }
        }
        foreach (var (state, its) in states.Zip(views)) state.MoveTo(this, its);
    }

    public void Dispose()
    {
        foreach (var flat in _flat.Values) flat.Dispose();
        _flat.Clear();
    }
}
