using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Step;

/// <summary>
/// A straightforward Muon, kept slow as the baseline: one matrix at a time, five plain steps, each product and sum an
/// operation of its own, as one reads it in the published program.
/// </summary>
internal sealed class PlainMuon(IReadOnlyList<Parameter> parameters, ScalarType dtype) : IDisposable
{
    private const double Lr = 1e-3, Decay = 0.1, Momentum = 0.95;
    private readonly Tensor[] _momenta = parameters.Select(p => zeros_like(p).DetachFromDisposeScope()).ToArray();

    public void Step()
    {
        using var grad = no_grad();
        foreach (var (parameter, M) in parameters.Zip(_momenta))
        {
            using var scope = NewDisposeScope();
            var G = parameter.grad!;
            M.mul_(Momentum).add_(G, alpha: 1 - Momentum);
            var U = Orthogonalize(G * (1 - Momentum) + M * Momentum, dtype);
            var scale = Math.Sqrt(Math.Max(1.0, (double)G.shape[0] / G.shape[1]));
            parameter.mul_(1 - Lr * Decay);
            parameter.add_(U, alpha: -Lr * scale);
        }
    }

    public static Tensor Orthogonalize(Tensor M, ScalarType dtype)
    {
        var X = M.to(dtype);
        var tall = X.shape[0] > X.shape[1];
        if (tall) X = X.mT;
        X = X / (X.norm() + 1e-7);
        for (var i = 0; i < 5; i++)
        {
            var A = X.mm(X.mT);
            var B = A * -4.7750 + A.mm(A) * 2.0315;
            X = X * 3.4445 + B.mm(X);
        }
        return tall ? X.mT : X;
    }

    public void Dispose()
    {
        foreach (var momentum in _momenta) momentum.Dispose();
    }
}
