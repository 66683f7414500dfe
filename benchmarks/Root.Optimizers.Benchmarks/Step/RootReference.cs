using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Step;

/// <summary>
/// ROOT the way its published program goes about it: one matrix at a time, the exact quantile, five plain steps in
/// float32 (the triples cost the same whichever they are).
/// </summary>
internal sealed class RootReference(IReadOnlyList<Parameter> parameters) : IDisposable
{
    private const double Lr = 1e-3, Decay = 0.1, Momentum = 0.95, Quantile = 0.9;
    private readonly Tensor[] _momenta = parameters.Select(p => zeros_like(p).DetachFromDisposeScope()).ToArray();

    public void Step()
    {
        using var grad = no_grad();
        foreach (var (parameter, M) in parameters.Zip(_momenta))
        {
            using var scope = NewDisposeScope();
            var G = parameter.grad!;
            M.mul_(Momentum).add_(G);
            var V = G + M * Momentum;
            var eps = Outliers.Quantile.Exact(V.abs().flatten(), Quantile) + 1e-9;
            var O = V.sign() * (V.abs() - eps).clamp(min: 0);
            var U = PlainMuon.Orthogonalize(V - O, ScalarType.Float32);
            parameter.mul_(1 - Lr * Decay);
            parameter.add_(U, alpha: -Lr * 0.2 * Math.Sqrt(Math.Max(G.shape[0], G.shape[1])));
        }
    }

    public void Dispose()
    {
        foreach (var momentum in _momenta) momentum.Dispose();
    }
}
