using Root.Optimizers.Core;
using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Normalizing;

/// <summary>
/// NorMuon's second moment of an orthogonalized update (Li et al., arXiv 2510.05491), which makes neurons step alike:
/// <code>
/// v &lt;- beta2 v + (1 - beta2) mean_j U_ij^2     per row where m >= n, else per column
/// U &lt;- ||U||_F normalize(U / sqrt(v))
/// </code>
/// The paper divides rows in either case. Those of a wide matrix's sign are of norm 1 all of them, and so modded-nanogpt's program,
/// which this follows, takes the longer side.
/// </summary>
internal static class SecondMoment
{
    /// <summary>The least mean square that is divided by. A sign's are 1 / max(m, n) of norm 1 and more.</summary>
    private const double Least = 1e-10;

    /// <summary>One number for each vector along the longer side.</summary>
    public static StateBuffer Buffer(MatrixShape shape) =>
        new("second_moment", shape.Rows >= shape.Columns ? new(shape.Rows, 1) : new(1, shape.Columns));

    /// <summary>U as above.</summary>
    /// <param name="U">(b, m, n); overwritten.</param>
    /// <param name="batch">Which keeps v.</param>
    /// <param name="beta2">In [0, 1).</param>
    /// <returns><paramref name="U"/> itself where it is of float32 or float64.</returns>
    public static Tensor Apply_(Tensor U, MatrixBatch batch, double beta2)
    {
        var wide = U.Widened();
        using var scope = NewDisposeScope();
        long[] along = batch.Shape.Rows >= batch.Shape.Columns ? [-1] : [-2];
        var v = batch["second_moment"].Average(wide.Square().mean(along, keepdim: true), beta2);
        var norm = MatrixNorms.Frobenius(wide);
        wide.div_(v.ClampMin_(Least).sqrt_());
        wide.mul_(norm.div_(MatrixNorms.OrOne(MatrixNorms.Frobenius(wide))));
        return wide;
    }
}
