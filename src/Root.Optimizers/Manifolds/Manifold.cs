using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// Where a weight matrix W of m x n lives, for a weight of radius 1. Derive from it for a manifold of one's own;
/// <see cref="ManifoldMuon"/> then steps by its <see cref="Step"/>.
/// </summary>
public abstract record Manifold
{
    /// <summary>W^T W = I for m >= n, W W^T = I for m &lt; n: every singular value is 1.</summary>
    public static Manifold Stiefel { get; } = new Manifolds.Stiefel();

    /// <summary>||W||_F = 1, the whole matrix one vector.</summary>
    public static Manifold Sphere { get; } = new Manifolds.Sphere("Sphere", -2, -1);

    /// <summary>Every row has norm 1.</summary>
    public static Manifold UnitRows { get; } = new Manifolds.Sphere("UnitRows", -1);

    /// <summary>Every column has norm 1.</summary>
    public static Manifold UnitColumns { get; } = new Manifolds.Sphere("UnitColumns", -2);

    /// <summary>No constraint.</summary>
    public static Manifold Euclidean { get; } = new Manifolds.Euclidean();

    /// <summary>How far from the manifold the worst matrix of a batch is: 0 on it.</summary>
    /// <param name="W">(m, n) or (b, m, n), floating point; not changed.</param>
    /// <exception cref="ArgumentException">W has fewer than 2 or more than 3 dimensions.</exception>
    public abstract double Distance(Tensor W);

    /// <summary>The nearest point of the manifold, for each matrix; where several are nearest, one of them.</summary>
    /// <param name="W">(m, n) or (b, m, n), floating point; not changed.</param>
    /// <returns>Of the shape of W, new; in float32 or float64.</returns>
    /// <exception cref="ArgumentException">W has fewer than 2 or more than 3 dimensions, or is not finite.</exception>
    public abstract Tensor Nearest(Tensor W);

    /// <summary>retract(W - lr A), with A the unit direction of steepest ascent along M that is tangent at W.</summary>
    /// <param name="W">(b, m, n), on the manifold; not changed.</param>
    /// <param name="M">Gradient or momentum, of the same shape.</param>
    /// <param name="lr">The step's length; at least 0.</param>
    /// <returns>(b, m, n), new, on the manifold.</returns>
    public abstract Tensor Step(Tensor W, Tensor M, double lr);
}
