using Root.Optimizers.LinearAlgebra;
using Root.Optimizers.Manifolds.Tangent;
using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Manifolds;

/// <summary>
/// The Stiefel manifold: matrices (m, n) or (b, m, n) with orthonormal columns, or rows where m &lt; n.
/// </summary>
public sealed record Stiefel : Manifold
{
    internal Stiefel() { }

    /// <inheritdoc />
    public override Tensor Step(Tensor W, Tensor M, double lr) => new StiefelSolver.Exact().Step(W, M, lr);

    /// <inheritdoc />
    public override string ToString() => nameof(Stiefel);

    /// <summary>
    /// One step from W along a tangent A of norm at most 1, back onto the manifold: Z = (W - eta A) / sqrt(1 + eta^2),
    /// whose singular values lie in [1/sqrt(1 + eta^2), 1], then W &lt;- Z - Z (E/2 - 3 E^2/8) with E = Z^T Z - I, as
    /// often as eta needs: once to 0.1, twice to 0.5, three times to 1.
    /// </summary>
    /// <param name="W">On the manifold to rounding; not changed.</param>
    /// <param name="A">Of the shape of W.</param>
    /// <param name="eta">The step's spectral length; at least 0.</param>
    /// <returns>In float32 or float64.</returns>
    /// <exception cref="ArgumentException">Shapes differ, or W has fewer than 2 or more than 3 dimensions.</exception>
    public static Tensor Retract(Tensor W, Tensor A, double eta)
    {
        using var scope = NewDisposeScope();
        return Retract(W, A, eta, out _).MoveToOuterDisposeScope();
    }

    /// <inheritdoc cref="Retract(Tensor, Tensor, double)"/>
    /// <param name="W">On the manifold to rounding; not changed.</param>
    /// <param name="A">Of the shape of W.</param>
    /// <param name="eta">The step's spectral length; at least 0.</param>
    /// <param name="excess">||Z^T Z - I||_F / sqrt(n) of each matrix, (b, 1, 1): at most eta^2 / (1 + eta^2) where W is on the
    /// manifold, whatever A.</param>
    internal static Tensor Retract(Tensor W, Tensor A, double eta, out Tensor excess)
    {
        var view = TallView.For(W, A);
        using var scope = NewDisposeScope();
        var Z = view.Tall(W).Add(view.Tall(A), -eta).Div_(Math.Sqrt(1 + eta * eta));
        var E = Excess(Z);
        excess = MatrixNorms.Frobenius(E).Div_(Math.Sqrt(E.shape[2])).MoveToOuterDisposeScope();
        return view.Restore(Correct(Z, E, Corrections(eta))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The nearest point of the manifold: the polar factor U V^T; where a matrix has not full rank, one of them.
    /// </summary>
    /// <param name="W">(m, n) or (b, m, n); not changed.</param>
    /// <returns>In float32 or float64.</returns>
    /// <exception cref="ArgumentException">W has fewer than 2 or more than 3 dimensions, or is not finite.</exception>
    public override Tensor Nearest(Tensor W)
    {
        var view = TallView.For(W);
        using var scope = NewDisposeScope();
        var X = view.Tall(W);
        if (!X.isfinite().all().item<bool>())
            throw new ArgumentException("A matrix with NaN or infinity has no place on the Stiefel manifold.",
                nameof(W));
        var near = MatrixSign.PolarExpress(X, steps: 10);
        near = Correct(near, Excess(near), 2);
        if (Distance(near) > 1e-5)
        {
            // A singular value below 1e-4 of the largest, or none at all.
            var (U, _, Vh) = linalg.svd(X.to(ScalarType.Float64), fullMatrices: false);
            near = U.bmm(Vh).to(X.dtype);
        }
        return view.Restore(near).MoveToOuterDisposeScope();
    }

    /// <summary>The largest ||W^T W - I||_F / sqrt(n) of a batch: 0 on the manifold.</summary>
    /// <exception cref="ArgumentException">W has fewer than 2 or more than 3 dimensions.</exception>
    public override double Distance(Tensor W)
    {
        using var scope = NewDisposeScope();
        var X = TallView.For(W).Tall(W);
        return MatrixNorms.Frobenius(Excess(X)).max().to(ScalarType.Float64).item<double>() / Math.Sqrt(X.shape[2]);
    }

    /// <summary>
    /// How many corrections a step of length eta needs, from its smallest singular value: one correction takes s to
    /// s (15 - 10 s^2 + 3 s^4)/8, which rises from 0 to 1 on [0, 1].
    /// </summary>
    internal static int Corrections(double eta)
    {
        var count = 0;
        for (var s = 1 / Math.Sqrt(1 + eta * eta); count == 0 || 1 - s > 4e-7; count++)
            s = PublishedSchedules.ClassicTriple.Apply(s);
        return count;
    }

    /// <summary>Z - Z (E/2 - 3 E^2/8), <paramref name="times"/> times; E = Z^T Z - I to begin with.</summary>
    private static Tensor Correct(Tensor Z, Tensor E, int times)
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < times; i++)
        {
            using var inner = NewDisposeScope();
            if (i > 0) E = Excess(Z);
            var correction = BatchedProduct.Add(E, E, E, beta: 0.5, alpha: -0.375);
            Z = BatchedProduct.Add(Z, Z, correction, alpha: -1).MoveToOuterDisposeScope();
        }
        return Z.MoveToOuterDisposeScope();
    }

    private static Tensor Excess(Tensor X)
    {
        var E = X.mT.bmm(X);
        E.diagonal(0, -2, -1).Add_(-1);
        return E;
    }
}
