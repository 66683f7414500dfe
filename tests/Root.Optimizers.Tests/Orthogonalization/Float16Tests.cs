using Root.Optimizers.Manifolds.Tangent;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Orthogonalization;

/// <summary>Iterations in float16: eight times finer than bfloat16, with a range that a squared Gram matrix can leave.</summary>
public class Float16Tests
{
    public static TheoryData<string, bool> Cases => [.. from schedule in new[] { "Muon", "learned" }
        from tall in new[] { false, true }
        select (schedule, tall)];

    /// <summary>Gradients of every scale; a flat spectrum, whose squares are the smallest, and a single value, the largest.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void It_is_near_to_float64_at_every_scale_and_spectrum(string name, bool tall)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        var schedule = name == "Muon" ? PublishedSchedules.Muon() : MinimaxFamily.Table(5e-3, 4);
        var flat = linalg.qr(randn(400, 300)).Q.mT;
        // Observed, Muon's and learned: flat 5.2e-3 and 8e-4, Gaussian 2.4e-3 and 2.0e-3; of a single value, where what rounding puts
        // beside it is lifted 485 and 230 times, 0.14 and 0.053.
        foreach (var (matrix, tolerance) in new[] { (flat, 8e-3), (randn(200, 400), 5e-3), (randn(60, 1).matmul(randn(1, 90)), 0.2) })
        {
            var X = (tall ? matrix.mT : matrix).OnDevice();
            var exact = NewtonSchulz.Orthogonalize(X.to(float64), schedule);
            foreach (var scale in new[] { 1e-30, 1, 1e30 })
                foreach (var form in new[] { NewtonSchulzForm.Plain, NewtonSchulzForm.Gram })
                {
                    var U = NewtonSchulz.Orthogonalize(X * scale, schedule, float16, form);
                    Assert.Equal(float16, U.dtype);
                    var off = ((U.to(float64) - exact).norm() / exact.norm()).item<double>();
                    Assert.True(off < tolerance, $"{matrix.shape[0]}x{matrix.shape[1]}, scale {scale}, {form}: off by {off:g2}");
                }
        }
    }

    [Fact]
    public void A_zero_matrix_stays_zero()
    {
        var U = NewtonSchulz.Orthogonalize(zeros(2, 30, 40).OnDevice(), MinimaxFamily.Table(5e-3, 4), float16);
        Assert.Equal(0, U.abs().max().to(float32).item<float>());
    }

    [Theory]
    [InlineData(false)] // observed 3.4e-4, of weights up to 4.1
    [InlineData(true)] // observed 9.6e-5
    public void Steps_agree_with_those_of_float32(bool muon)
    {
        Tensor After(Precision precision)
        {
            random.manual_seed(3);
            using var parameter = Models.Parameter(96, 160);
            using OptimizerHelper optimizer = muon
                ? new Muon([parameter], 0.1, new() { precision = precision })
                : new RootOptimizer([parameter], 0.1, new() { precision = precision });
            for (var step = 0; step < 3; step++)
            {
                Models.Gradient(parameter, randn(96, 160));
                optimizer.step();
            }
            return parameter.detach().clone();
        }
        Close.To(After(Precision.Float32), After(Precision.Float16), 1e-3);
    }

    [Fact]
    public void A_sign_in_it_keeps_a_Stiefel_direction_tangent()
    {
        random.manual_seed(4);
        foreach (var (m, n) in new[] { (64, 40), (96, 24), (48, 48) })
        {
            var W = linalg.qr(randn(m, n)).Q.OnDevice();
            var G = randn(m, n).OnDevice();
            var A = StiefelTangent.Direction(W, G, TangentForm.Polynomial, float16);
            var half = W.mT.matmul(A);
            Assert.True((half + half.mT).abs().max().item<float>() < 1e-5); // observed 1.6e-7
            var exact = StiefelTangent.Direction(W.to(float64), G.to(float64));
            var gap = 1 - ((G * A).sum() / (G.to(float64) * exact).sum()).item<double>();
            Assert.True(Math.Abs(gap) < 1e-3, $"{m}x{n}: objective off by {gap:g2}"); // observed -1.1e-4: the norm is above 1
        }
    }

    [Fact]
    public void Momentum_is_not_kept_in_it()
    {
        using var parameter = Models.Parameter(4, 6);
        var thrown = Assert.Throws<ArgumentException>(() =>
            new Muon([parameter], 0.1, new() { state_precision = Precision.Float16 }));
        Assert.Contains("state_precision", thrown.Message);
    }
}
