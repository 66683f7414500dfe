using Root.Optimizers.AdaNewton;
using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Fidelity;

/// <summary>How far a method's result is from the polar factor U V^T of one matrix.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Squared">The mean of (s_i - 1)^2 over the singular values of the result.</param>
/// <param name="Largest">The largest |s_i - 1|.</param>
/// <param name="Relative">||X - U V^T||_F / ||U V^T||_F.</param>
internal sealed record Measured(string Method, (long Shorter, long Longer) Shape, long Step, int Parameter, double Squared,
    double Largest, double Relative);

internal static class Evaluation
{
    /// <summary>Every method on one captured matrix; the reference is the SVD in float64.</summary>
    public static IEnumerable<Measured> Of(Momentum momentum, IEnumerable<Method> methods)
    {
        using var scope = NewDisposeScope();
        var exact = momentum.B.to(ScalarType.Float64);
        var (U, _, Vh) = linalg.svd(exact, fullMatrices: false);
        var polar = U.matmul(Vh);
        var norm = linalg.vector_norm(polar).item<double>();
        var results = new List<Measured>();
        foreach (var method in methods)
        {
            using var inner = NewDisposeScope();
            var schedule = method.Coefficients(momentum.Shape, momentum.Step);
            var X = NewtonSchulz.Orthogonalize(momentum.B, schedule.ForType(method.Type), method.Type)
                .to(ScalarType.Float64);
            var values = Spectrum.Exact(X).Values;
            results.Add(new(method.Name, momentum.Shape, momentum.Step, momentum.Parameter,
                values.Average(s => (s - 1) * (s - 1)), values.Max(s => Math.Abs(s - 1)),
                linalg.vector_norm(X - polar).item<double>() / norm));
        }
        return results;
    }
}
