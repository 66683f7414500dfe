using Root.Optimizers.LinearAlgebra;
using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Modular;

/// <summary>
/// The norm of one kind of atom's weights, as flattened matrices (b, m, n), m the first dimension, and its duality map.
/// </summary>
public abstract record AtomNorm
{
    private protected AtomNorm() { }

    /// <summary>The kind, in a word.</summary>
    public abstract string Kind { get; }

    /// <summary>The norm of each matrix.</summary>
    /// <param name="W">(b, m, n).</param>
    /// <returns>(b), float64 on the CPU.</returns>
    public abstract Tensor Measure(Tensor W);

    /// <summary>The update of norm 1 that increases &lt;G, U&gt; most.</summary>
    /// <param name="G">(b, m, n). Its scale does not matter; what is zero stays zero.</param>
    /// <param name="dtype">The element type of matrix signs; by default G's own.</param>
    /// <returns>(b, m, n), in the type of <paramref name="G"/>.</returns>
    public abstract Tensor Dualize(Tensor G, ScalarType? dtype = null);

    private protected static Tensor LargestSingularValue(Tensor X) =>
        linalg.svdvals(X.cpu().to(ScalarType.Float64)).amax([-1]);
}

/// <summary>
/// sqrt(in/out) sigma_max: by how much at most a linear layer (out, in) enlarges the root mean square of its input. The
/// unit update is msign(G) sqrt(out/in).
/// </summary>
internal sealed record LinearNorm : AtomNorm
{
    /// <inheritdoc />
    public override string Kind => "Linear";

    /// <inheritdoc />
    public override Tensor Measure(Tensor W)
    {
        using var scope = NewDisposeScope();
        return LargestSingularValue(W).Mul_(Math.Sqrt((double)W.shape[2] / W.shape[1])).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override Tensor Dualize(Tensor G, ScalarType? dtype = null)
    {
        using var scope = NewDisposeScope();
        return MatrixSign.PolarExpress(G, steps: 8, dtype).Mul_(Math.Sqrt((double)G.shape[1] / G.shape[2])).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// The largest root mean square of a row (one entry's features). The unit update has every row at 1, or at 0.
/// </summary>
internal sealed record EmbeddingNorm : AtomNorm
{
    /// <inheritdoc />
    public override string Kind => "Embedding";

    /// <inheritdoc />
    public override Tensor Measure(Tensor W)
    {
        using var scope = NewDisposeScope();
        return W.cpu().to(ScalarType.Float64).Square().mean([-1]).sqrt_().amax([-1]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override Tensor Dualize(Tensor G, ScalarType? dtype = null)
    {
        using var scope = NewDisposeScope();
        // Rows in a batch without their entry have gradient 0, and stay.
        var none = G.abs().amax([-1], keepdim: true).IsZero();
        return Manifold.UnitRows.Nearest(G).MaskedFill_(none, 0).Mul_(Math.Sqrt(G.shape[2])).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// positions sqrt(in/out) max sigma_max over the kernel's positions, each a matrix (out, in): by how much at most a
/// convolution enlarges the largest root mean square of a pixel. The unit update is msign(G) sqrt(out/in) / positions
/// at each.
/// </summary>
/// <param name="Positions">Height times width of the kernel.</param>
internal sealed record Conv2dNorm(long Positions) : AtomNorm
{
    /// <inheritdoc />
    public override string Kind => "Conv2d";

    /// <inheritdoc />
    public override Tensor Measure(Tensor W)
    {
        using var scope = NewDisposeScope();
        var scale = Positions * Math.Sqrt((double)Inputs(W) / W.shape[1]);
        return LargestSingularValue(ByPosition(W)).reshape(W.shape[0], Positions).amax([-1]).Mul_(scale)
            .MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override Tensor Dualize(Tensor G, ScalarType? dtype = null)
    {
        using var scope = NewDisposeScope();
        var (b, m) = (G.shape[0], G.shape[1]);
        var signs = MatrixSign.PolarExpress(ByPosition(G), steps: 8, dtype).Mul_(Math.Sqrt((double)m / Inputs(G)) / Positions);
        return signs.reshape(b, Positions, m, Inputs(G)).permute(0, 2, 3, 1).reshape(G.shape).MoveToOuterDisposeScope();
    }

    private long Inputs(Tensor W) => W.shape[2] / Positions;

    /// <summary>(b, out, in * positions) to (b * positions, out, in).</summary>
    private Tensor ByPosition(Tensor W) =>
        W.reshape(W.shape[0], W.shape[1], Inputs(W), Positions).permute(0, 3, 1, 2).reshape(-1, W.shape[1], Inputs(W));
}
