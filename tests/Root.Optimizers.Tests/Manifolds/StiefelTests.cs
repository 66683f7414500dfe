using Root.Optimizers.Manifolds;
using Root.Optimizers.Manifolds.Tangent;
using Root.Optimizers.Tests.Support;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Manifolds;

public class StiefelTests
{
    [Theory]
    [InlineData(0.01, 1)]
    [InlineData(0.1, 1)]
    [InlineData(0.2, 2)]
    [InlineData(0.5, 2)]
    [InlineData(1.0, 3)]
    [InlineData(4.0, 5)]
    public void A_step_is_corrected_as_often_as_its_length_needs(double eta, int times)
    {
        Assert.Equal(times, Stiefel.Corrections(eta));
        random.manual_seed(1);
        foreach (var (m, n) in new[] { (12L, 12L), (40, 12), (12, 40) })
        {
            var W = Manifold.Stiefel.Nearest(randn(m, n).OnDevice());
            // Rank 1 leaves singular values of W - eta A at 1 beside those of sqrt(1 + eta^2): the worst case.
            foreach (var G in new[] { randn(m, n), randn(m, 1).matmul(randn(1, n)) })
                Assert.True(Manifold.Stiefel.Distance(Stiefel.Retract(W, StiefelTangent.Direction(W, G.OnDevice()),
                    eta)) <= 1e-6); // observed 5.9e-7
        }
    }

    [Fact]
    public void The_retraction_is_the_polar_factor()
    {
        random.manual_seed(2);
        var (W, G) = (Manifold.Stiefel.Nearest(randn(40, 12).OnDevice()), randn(40, 12).OnDevice());
        var A = StiefelTangent.Direction(W, G);
        foreach (var eta in new[] { 0.1, 1 })
        {
            var (U, _, Vh) = linalg.svd((W - eta * A).to(float64), fullMatrices: false);
            Close.To(U.matmul(Vh), Stiefel.Retract(W, A, eta), 1e-6); // observed 6e-8
        }
    }

    [Theory, Slow]
    [InlineData(0.01)]
    [InlineData(0.1)]
    [InlineData(1.0)]
    public void Ten_thousand_steps_do_not_drift(double eta)
    {
        random.manual_seed(3);
        var W = Stacked.Of(Manifold.Stiefel.Nearest(randn(10, 6)), Manifold.Stiefel.Nearest(randn(10, 6))).OnDevice();
        var G = randn(64, 2, 10, 6).OnDevice();
        // Every other gradient of the second is of rank 1, and A then has singular values 0.
        for (var i = 0; i < 64; i += 2) G[i, 1] = randn(10, 1).matmul(randn(1, 6)).OnDevice();
        for (var step = 0; step < 10_000; step++)
        {
            using var scope = NewDisposeScope();
            var A = StiefelTangent.Direction(W, G[step % 64], TangentForm.Polynomial);
            var previous = W;
            W = Stiefel.Retract(W, A, eta).MoveToOuterDisposeScope();
            previous.Dispose();
            if (step % 500 == 499) Assert.True(Manifold.Stiefel.Distance(W) <= 1e-6); // observed 1.6e-7
        }
    }

    [Fact]
    public void Projection_gives_the_nearest_point_also_without_full_rank()
    {
        random.manual_seed(4);
        foreach (var (m, n) in new[] { (9L, 9L), (20, 9), (9, 20) })
        {
            var X = randn(m, n).OnDevice();
            var (U, _, Vh) = linalg.svd(X.to(float64), fullMatrices: false);
            Close.To(U.matmul(Vh), Manifold.Stiefel.Nearest(X), 1e-5); // observed 6e-7
            foreach (var deficient in new[]
                { zeros(m, n), ones(m, n), randn(m, 2).matmul(randn(2, n)), 1e-30 * randn(m, n) })
                Assert.True(Manifold.Stiefel.Distance(Manifold.Stiefel.Nearest(deficient.OnDevice())) <= 2e-6); // observed 2e-7
        }
        Assert.Throws<ArgumentException>(() => Manifold.Stiefel.Nearest(full([3, 2], float.NaN)));
    }
}
