using Root.Optimizers.Core;
using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Manifolds;

/// <summary>
/// Unit spheres: each matrix is one unit vector, or has unit rows or unit columns. Source: Bernstein, "Modular
/// Manifolds" (2025), its warm-up.
/// </summary>
public sealed record Sphere : Manifold
{
    private readonly string _name;

    /// <summary>The dimensions of (b, m, n) that make one vector.</summary>
    private readonly long[] _dims;

    internal Sphere(string name, params long[] dims) => (_name, _dims) = (name, dims);

    /// <summary>The largest | ||w||^2 - 1 |.</summary>
    /// <param name="W">(m, n) or (b, m, n).</param>
    public override double Distance(Tensor W)
    {
        using var scope = NewDisposeScope();
        return Norm(W).Square().Add_(-1).abs_().max().to(ScalarType.Float64).item<double>();
    }

    /// <summary>w / ||w||; a zero vector becomes one with equal entries.</summary>
    /// <param name="W">(m, n) or (b, m, n).</param>
    public override Tensor Nearest(Tensor W)
    {
        using var scope = NewDisposeScope();
        var largest = W.abs().amax(_dims, keepdim: true);
        var X = (W / MatrixNorms.OrOne(largest)).MaskedFill_(largest.IsZero(), 1);
        return X.div_(Norm(X)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override Tensor Step(Tensor W, Tensor M, double lr)
    {
        using var scope = NewDisposeScope();
        return Retract(W, Direction(W, M), lr).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The unit direction of steepest ascent tangent to the sphere at w: a / ||a|| with a = g - w &lt;w, g&gt;. Zero
    /// where g is zero or along w to rounding.
    /// </summary>
    /// <param name="W">(b, m, n), on the sphere.</param>
    /// <param name="G">The gradient, of the same shape. Its scale does not matter.</param>
    public Tensor Direction(Tensor W, Tensor G)
    {
        using var scope = NewDisposeScope();
        G = G / MatrixNorms.OrOne(G.abs().amax(_dims, keepdim: true));
        var A = G - W * (W * G).sum(_dims, keepdim: true);
        var (length, whole) = (Norm(A), Norm(G));
        var negligible = length.le(whole.Mul_(4 * W.dtype.Rounding()));
        return A.div_(length.MaskedFill_(negligible, 1)).MaskedFill_(negligible, 0).MoveToOuterDisposeScope();
    }

    /// <summary>(w - eta a) / ||w - eta a||; the norm is sqrt(1 + eta^2) for a unit a, and 1 for a = 0.</summary>
    /// <param name="W">(b, m, n), on the sphere.</param>
    /// <param name="A">Of the shape of W.</param>
    /// <param name="eta">The step's length.</param>
    public Tensor Retract(Tensor W, Tensor A, double eta)
    {
        using var scope = NewDisposeScope();
        return Nearest(W.Add(A, -eta)).MoveToOuterDisposeScope();
    }

    /// <summary>The largest | ||w||^2 - 1 | of each matrix of (b, m, n): (b, 1, 1).</summary>
    internal Tensor Distances(Tensor W)
    {
        using var scope = NewDisposeScope();
        return Norm(W).Square().Add_(-1).abs_().amax([-2, -1], keepdim: true).MoveToOuterDisposeScope();
    }

    /// <summary>How many vectors a matrix is: (1, 1), (m, 1) or (1, n).</summary>
    internal MatrixShape VectorsOf(MatrixShape matrix) =>
        new(_dims.Contains(-2) ? 1 : matrix.Rows, _dims.Contains(-1) ? 1 : matrix.Columns);

    /// <inheritdoc />
    public override string ToString() => _name;

    private Tensor Norm(Tensor X) => linalg.norm(X, _dims, keepdim: true);
}
