using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Manifolds;

public class SpelTests
{
    [Theory]
    [InlineData(20, 8, ScalarType.Float64, 1e-12)] // observed 4.8e-15
    [InlineData(8, 20, ScalarType.Float64, 1e-12)] // observed 1.7e-15
    [InlineData(12, 12, ScalarType.Float32, 1e-5)] // observed 8.4e-7
    public void A_step_is_the_sign_of_a_step_along_the_sign(long rows, long columns, ScalarType type, double tolerance)
    {
        random.manual_seed(1);
        var parameter = new Parameter(randn(rows, columns, dtype: type).OnDevice());
        using var optimizer = new ManifoldMuon([parameter], lr: 0.2, new()
            { solver = new StiefelSolver.Spel(), momentum = 0.5, radius = Radius.Modular });
        var radius = Math.Sqrt((double)rows / columns);
        var (W, M) = (parameter.detach().cpu().to(float64, copy: true), zeros(rows, columns, dtype: float64));
        for (var step = 0; step < 4; step++)
        {
            var G = randn(rows, columns, dtype: float64);
            Models.Gradient(parameter, G);
            optimizer.step();
            M = M * 0.5 + G;
            W = Sign(W / radius - Sign(M) * 0.2) * radius;
        }
        Close.To(W, parameter.detach(), tolerance);
    }

    [Fact]
    public void A_zero_gradient_leaves_the_weight()
    {
        random.manual_seed(2);
        var parameter = new Parameter(Manifold.Stiefel.Nearest(randn(24, 20).OnDevice()));
        var start = parameter.detach().clone();
        using var optimizer = new ManifoldMuon([parameter], new() { solver = new StiefelSolver.Spel() });
        parameter.grad = zeros_like(parameter);
        optimizer.step();
        Close.To(start, parameter.detach(), 1e-5); // observed 6.0e-7

        // In 16 bits the weight has their rounding.
        using var rough = new ManifoldMuon([parameter], new() { solver = new StiefelSolver.Spel(Precision.BFloat16), initialize = false });
        for (var step = 0; step < 5; step++)
        {
            Models.RandomGradients([parameter]);
            rough.step();
        }
        Assert.InRange(Manifold.Stiefel.Distance(parameter.detach()), 1e-4, 3e-2); // observed 4.4e-3
    }

    private static Tensor Sign(Tensor X)
    {
        var (U, _, Vh) = linalg.svd(X, fullMatrices: false);
        return U.matmul(Vh);
    }
}
