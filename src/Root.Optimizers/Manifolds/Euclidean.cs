using Root.Optimizers.LinearAlgebra;
using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Manifolds;

/// <summary>All matrices. The steepest descent under the spectral norm is Muon's step, W - lr msign(M).</summary>
/// <param name="Sign">The element type of the matrix sign; Automatic: the momentum's own, float32 or float64.</param>
public sealed record Euclidean(Precision Sign = Precision.Automatic) : Manifold
{
    /// <inheritdoc />
    public override double Distance(Tensor W) => 0;

    /// <inheritdoc />
    public override Tensor Nearest(Tensor W) => W.Widened().clone();

    /// <inheritdoc />
    public override Tensor Step(Tensor W, Tensor M, double lr)
    {
        using var scope = NewDisposeScope();
        return W.Add(Direction(M), -lr).MoveToOuterDisposeScope();
    }

    /// <summary>msign(M): nothing restricts it.</summary>
    internal Tensor Direction(Tensor M) =>
        MatrixSign.PolarExpress(M, steps: 10, Sign.OrOwn(M.dtype), NewtonSchulzForm.Plain);

    /// <inheritdoc />
    public override string ToString() => nameof(Euclidean);
}
