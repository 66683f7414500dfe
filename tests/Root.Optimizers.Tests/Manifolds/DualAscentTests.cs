using Root.Optimizers.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Manifolds;

/// <summary>The published program's steps (vectors/README.md).</summary>
public class DualAscentTests
{
    [Theory, Slow]
    [InlineData("fp32", Precision.Float32, 2e-5)] // observed 1.4e-6
    [InlineData("bf16", Precision.BFloat16, 3e-2)] // observed 7.8e-3: one unit of bfloat16
    public void A_step_agrees_with_the_published_program(string name, Precision sign, double tolerance)
    {
        var vectors = new Vectors("manifold");
        foreach (var item in vectors.Items)
        {
            var (W, G, eta) = (vectors[item + "/W"].OnDevice(), vectors[item + "/G"].OnDevice(),
                vectors[item + "/eta"].item<float>());
            var solver = new StiefelSolver.DualAscent(Sign: sign);
            var stepped = solver.Retract(W, solver.Solve(W, G).A, eta);
            Close.To(vectors[$"{item}/new_W_{name}"], stepped, tolerance, $"{item} {name}");
        }
    }

    [Fact]
    public void The_square_case_converges_at_once_and_others_report_what_is_left()
    {
        var vectors = new Vectors("manifold");
        var solved = new StiefelSolver.DualAscent(Sign: Precision.Float32).Solve(vectors["0/W"].OnDevice(), vectors["0/G"].OnDevice());
        Assert.Equal(1, solved.Iterations[0]);
        Assert.True(solved.Residual[0] < 1e-6);

        random.manual_seed(1);
        var W = Manifold.Stiefel.Nearest(randn(40, 16).OnDevice());
        solved = new StiefelSolver.DualAscent().Solve(W, randn(40, 16).OnDevice());
        Assert.Equal(100, solved.Iterations[0]);
        Assert.Equal(Oracle.Tangency(W, solved.A), solved.Residual[0], 1e-5);
    }

    [Fact]
    public void A_batch_is_solved_as_its_matrices_alone()
    {
        random.manual_seed(2);
        // The first is done after one step, the second is not.
        var W = Stacked.Of(Manifold.Stiefel.Nearest(randn(8, 8)), Manifold.Stiefel.Nearest(randn(8, 8))).OnDevice();
        var G = Stacked.Of(randn(8, 8), zeros(8, 8)).OnDevice();
        G[1] = 30 * W[1] + 0.01 * randn(8, 8).OnDevice();
        var solver = new StiefelSolver.DualAscent(Steps: 20, Sign: Precision.Float32);
        var together = solver.Solve(W, G);
        for (var i = 0; i < 2; i++)
        {
            var alone = solver.Solve(W[i], G[i]);
            Assert.Equal(alone.Iterations[0], together.Iterations[i]);
            Close.To(alone.A, together.A[i], 1e-5); // observed 0
        }
    }

    [Fact]
    public void NaN_is_told()
    {
        var (W, G) = (Manifold.Stiefel.Nearest(randn(2, 12, 5).OnDevice()), randn(2, 12, 5).OnDevice());
        G[1, 3, 2] = float.NaN;
        Assert.Contains("Matrix 1 of 2", Assert.Throws<NotFiniteNumberException>(() => new StiefelSolver.DualAscent().Solve(W, G)).Message);
    }
}
