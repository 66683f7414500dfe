using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Manifolds;

/// <summary>
/// Unit spheres: a batch (b, m, n) of weights each of which is one unit vector, or has unit rows or unit columns.
/// Source: Bernstein, "Modular Manifolds" (2025), its warm-up.
/// </summary>
public static class Sphere
{
    /// <summary>The dimensions of (b, m, n) that make one vector.</summary>
    /// <exception cref="ArgumentException">The manifold is made of no spheres.</exception>
    public static long[] Dimensions(Manifold manifold) => manifold switch
    {
        Manifold.Sphere => [-2, -1],
        Manifold.UnitRows => [-1],
        Manifold.UnitColumns => [-2],
        _ => throw new ArgumentException($"{manifold} is made of no spheres.", nameof(manifold)),
    };

    /// <summary>
    /// The unit direction of steepest ascent tangent to the sphere at w: a / ||a|| with a = g - w &lt;w, g&gt;. Zero
    /// where g is zero or along w to rounding.
    /// </summary>
    /// <param name="W">(b, m, n), unit vectors along <paramref name="dims"/>.</param>
    /// <param name="G">The gradient, of the same shape. Its scale does not matter.</param>
    /// <param name="dims">See <see cref="Dimensions"/>.</param>
    public static Tensor Direction(Tensor W, Tensor G, long[] dims)
    {
        using var scope = NewDisposeScope();
        G = G / MatrixNorms.OrOne(G.abs().amax(dims, keepdim: true));
        var A = G - W * (W * G).sum(dims, keepdim: true);
        var (length, whole) = (Norm(A, dims), Norm(G, dims));
        var rounding = W.dtype == ScalarType.Float64 ? Math.Pow(2, -52) : Math.Pow(2, -23);
        var negligible = length.le(whole.mul_(4 * rounding));
        return A.div_(length.masked_fill_(negligible, 1)).masked_fill_(negligible, 0).MoveToOuterDisposeScope();
    }

    /// <summary>(w - eta a) / ||w - eta a||; the norm is sqrt(1 + eta^2) for a unit a, and 1 for a = 0.</summary>
    /// <param name="W">(b, m, n).</param>
    /// <param name="A">Of the shape of W.</param>
    /// <param name="eta">The step's length.</param>
    /// <param name="dims">See <see cref="Dimensions"/>.</param>
    public static Tensor Retract(Tensor W, Tensor A, double eta, long[] dims)
    {
        using var scope = NewDisposeScope();
        return Project(W.add(A, alpha: -eta), dims).MoveToOuterDisposeScope();
    }

    /// <summary>w / ||w||; a zero vector becomes one with equal entries.</summary>
    public static Tensor Project(Tensor W, long[] dims)
    {
        using var scope = NewDisposeScope();
        var largest = W.abs().amax(dims, keepdim: true);
        var X = (W / MatrixNorms.OrOne(largest)).masked_fill_(largest.eq(0), 1);
        return X.div_(Norm(X, dims)).MoveToOuterDisposeScope();
    }

    /// <summary>The largest | ||w||^2 - 1 |.</summary>
    public static double Distance(Tensor W, long[] dims)
    {
        using var scope = NewDisposeScope();
        return Norm(W, dims).square().sub_(1).abs_().max().to(ScalarType.Float64).item<double>();
    }

    private static Tensor Norm(Tensor X, long[] dims) => linalg.vector_norm(X, dims: dims, keepdim: true);
}
