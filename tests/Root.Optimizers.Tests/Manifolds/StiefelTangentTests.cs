using Root.Optimizers.Manifolds;
using Root.Optimizers.Manifolds.Tangent;
using Root.Optimizers.Tests.Support;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Manifolds;

public class StiefelTangentTests
{
    public static TheoryData<TangentForm> Forms => [TangentForm.Rational, TangentForm.Polynomial];

    private static readonly (long m, long n)[] Shapes =
        [(1, 1), (2, 1), (5, 1), (3, 2), (7, 7), (8, 7), (13, 7), (15, 7), (24, 24), (25, 24), (40, 24), (48, 24),
            (90, 24), (24, 90)];

    private static Tensor Point(long m, long n) => Manifold.Stiefel.Nearest(randn(m, n).OnDevice());

    /// <summary>Gradients of every kind, with the gap the issue allows each.</summary>
    private static IEnumerable<(string kind, Tensor G, double gap)> Gradients(Tensor W)
    {
        var (m, n) = (W.shape[0], W.shape[1]);
        Tensor R(params long[] shape) => randn(shape).OnDevice();
        yield return ("Gaussian", R(m, n), 1e-4); // observed 5.5e-5
        yield return ("rank 1", R(m, 1).matmul(R(1, n)), 1e-2); // observed 5.8e-5
        yield return ("rank 4", R(m, 4).matmul(R(4, n)), 1e-2); // observed 5.5e-5
        yield return ("heavy-tailed", R(m, n).pow(5), 1e-2); // observed 9.2e-5
        yield return ("span of W", m >= n ? W.matmul(R(n, n)) : R(m, m).matmul(W), 1e-2); // observed 4.9e-5
        var (U, S, V) = linalg.svd(R(m, n), fullMatrices: false);
        yield return ("decaying", U.matmul(diag(logspace(0, -6, S.shape[0]).OnDevice())).matmul(V),
            1e-2); // observed 6.8e-4
    }

    [Theory, MemberData(nameof(Forms))]
    public void Tangent_of_norm_1_and_optimal_at_every_shape(TangentForm form)
    {
        random.manual_seed(1);
        foreach (var (m, n) in Shapes)
        {
            using var scope = NewDisposeScope();
            var W = Point(m, n);
            foreach (var (kind, G, gap) in Gradients(W))
            {
                var A = StiefelTangent.Direction(W, G, form);
                Assert.Equal(W.shape, A.shape);
                // Of so small a part of G that it is rounding itself, the optimum is none to compare with.
                if (Oracle.Optimum(W, G) > 1e-4 * G.norm().item<float>())
                    Oracle.Check(W, G, A, gap, $"{form} {m}x{n} {kind}");
            }
        }
    }

    [Theory, MemberData(nameof(Forms))]
    public void Agrees_with_the_independent_optima(TangentForm form)
    {
        var vectors = new Vectors("manifold");
        foreach (var item in vectors.Items)
        {
            var (W, G) = (vectors[item + "/W"].OnDevice(), vectors[item + "/G"].OnDevice());
            var A = StiefelTangent.Direction(W, G, form);
            // Observed: gap 3.1e-5 (rational), 3.8e-6 (polynomial).
            Oracle.Check(W, G, A, 1e-4, $"{form} {item}");
            var optimum = vectors[item + "/exact_objective"].item<double>();
            Assert.Equal(optimum, Oracle.Optimum(W, G), 1e-6 * optimum); // the closed form's and theirs
            // Observed: 1.6e-5.
            Close.To(vectors[item + "/exact_A_fp64"], A, 1e-3, $"{form} {item}");
        }
    }

    [Theory, MemberData(nameof(Forms))]
    public void In_float64_it_is_as_exact_as_the_approximation(TangentForm form)
    {
        random.manual_seed(2);
        foreach (var (m, n) in new[] { (20L, 20L), (30, 20), (70, 20) })
        {
            var (W, G) = (Point(m, n).to(float64), randn(m, n, float64).OnDevice());
            W = Manifold.Stiefel.Nearest(W);
            var A = StiefelTangent.Direction(W, G, form);
            Assert.Equal(float64, A.dtype);
            Assert.True(Oracle.Tangency(W, A) < 1e-14); // observed 8e-17
            Assert.True(Oracle.Gap(W, G, A) < 1e-4); // observed 2.9e-5
        }
    }

    [Theory, MemberData(nameof(Forms))]
    public void The_scale_of_the_gradient_does_not_matter(TangentForm form)
    {
        random.manual_seed(3);
        foreach (var (m, n) in new[] { (16L, 16L), (20, 16), (50, 16) })
        {
            var (W, G) = (Point(m, n), randn(m, n).OnDevice());
            var A = StiefelTangent.Direction(W, G, form);
            foreach (var scale in new[] { 1e-20, 1e-6, 3, 1e15 })
                Close.To(A, StiefelTangent.Direction(W, G * scale, form), 1e-4,
                    $"{form} {m}x{n} times {scale}"); // observed 7e-7
        }
    }

    [Theory, MemberData(nameof(Forms))]
    public void Zero_and_normal_gradients_give_zero(TangentForm form)
    {
        random.manual_seed(4);
        foreach (var (m, n) in Shapes)
        {
            var W = Point(m, n);
            var S = randn(Math.Min(m, n), Math.Min(m, n)).OnDevice();
            S += S.mT.clone();
            foreach (var G in new[] { zeros_like(W), W, m >= n ? W.matmul(S) : S.matmul(W), -1e12 * W })
                Assert.Equal(0, StiefelTangent.Direction(W, G, form).abs().max().item<float>());
        }
    }

    [Theory, MemberData(nameof(Forms))]
    public void Extreme_gradients_stay_finite(TangentForm form)
    {
        random.manual_seed(5);
        foreach (var (m, n) in Shapes)
        {
            var W = Point(m, n);
            var single = zeros_like(W);
            single[0, n - 1] = 1e30f;
            foreach (var G in new[] { full_like(W, 1e38), full_like(W, 1e-38), single, W + 1e-6 * randn_like(W),
                randn_like(W).pow(21) })
            {
                var A = StiefelTangent.Direction(W, G, form);
                Assert.True(A.isfinite().all().item<bool>());
                Assert.True(Oracle.Tangency(W, A) <= 1e-5); // observed 1.1e-7
                Assert.True(Oracle.Norm(A) <= 1 + 1e-4); // observed 1
            }
        }
    }

    [Theory, MemberData(nameof(Forms))]
    public void A_batch_is_its_matrices_and_a_wide_matrix_its_transpose(TangentForm form)
    {
        random.manual_seed(6);
        var W = Stacked.Of(Point(20, 12), Point(20, 12), Point(20, 12));
        var G = randn(3, 20, 12).OnDevice();
        G[1] = 0;
        var A = StiefelTangent.Direction(W, G, form);
        for (var i = 0; i < 3; i++)
            Close.To(StiefelTangent.Direction(W[i], G[i], form), A[i], 1e-5); // observed 0
        Close.To(A, StiefelTangent.Direction(W.mT, G.mT, form).mT, 0);
    }

    /// <summary>libtorch's LU of such batches exchanges wrong rows on several threads (pytorch#142815).</summary>
    [Theory, MemberData(nameof(Forms))]
    public void Batches_of_large_matrices(TangentForm form)
    {
        random.manual_seed(8);
        var threads = get_num_threads();
        set_num_threads(2);
        try
        {
            foreach (var (m, n) in new[] { (192L, 192L), (400, 192) })
            {
                using var scope = NewDisposeScope();
                var W = Stacked.Of(Point(m, n), Point(m, n), Point(m, n));
                var G = randn(3, m, n).OnDevice();
                var A = StiefelTangent.Direction(W, G, form);
                for (var i = 0; i < 3; i++) Oracle.Check(W[i], G[i], A[i], 1e-4, $"{form} {m}x{n}"); // observed 3.1e-5
            }
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void A_bfloat16_sign_keeps_A_tangent()
    {
        random.manual_seed(7);
        foreach (var (m, n) in new[] { (40L, 32L), (100, 32) })
        {
            var (W, G) = (Point(m, n), randn(m, n).OnDevice());
            var A = StiefelTangent.Direction(W, G, TangentForm.Polynomial, bfloat16);
            Assert.True(Oracle.Tangency(W, A) <= 1e-5); // observed 2.5e-8
            Assert.InRange(Oracle.Norm(A), 0.97, 1.04); // observed 1.011
            Assert.True(Oracle.Gap(W, G, A) < 1e-2); // observed -4.4e-4: the norm is above 1
        }
    }

    [Fact]
    public void Sixteen_bit_weights_are_computed_in_float32()
    {
        var (W, G) = (Point(12, 8).to(bfloat16), randn(12, 8).OnDevice().to(bfloat16));
        var A = StiefelTangent.Direction(W, G);
        Assert.Equal(float32, A.dtype);
        Close.Exactly(StiefelTangent.Direction(W.to(float32), G.to(float32)), A);
    }

    [Fact]
    public void Wrong_shapes_are_named()
    {
        Assert.Contains("(3, 4)", Assert.Throws<ArgumentException>(() =>
            StiefelTangent.Direction(randn(4, 3), randn(3, 4))).Message);
        Assert.Contains("(4)", Assert.Throws<ArgumentException>(() => StiefelTangent.Direction(randn(4), randn(4)))
            .Message);
    }
}
