using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Normalizing;

/// <summary>Rows and columns of equal norms: <see cref="RowBalance"/>.</summary>
internal static class Equilibration
{
    /// <summary>
    /// A row below this share of the largest one is divided as if it had that share: what is left of it is the rounding of float32 in
    /// which momentum was summed. Rows whose gradient has become 0 so come to rest, as whole matrices do.
    /// </summary>
    private const double Least = 1e-7;

    private static readonly long[] Rows = [-2], Columns = [-1];

    /// <summary>M &lt;- diag(1 / ||row_i||) M, and so on, in place. Its scale does not matter; zero stays zero.</summary>
    /// <param name="M">(b, m, n), in float32 or float64.</param>
    /// <param name="balance">Of what.</param>
    /// <returns><paramref name="M"/> itself.</returns>
    public static Tensor Apply_(Tensor M, RowBalance balance)
    {
        if (balance == RowBalance.None) return M;
        using var scope = NewDisposeScope();
        // The squares of tiny and huge gradients stay in range.
        M.div_(MatrixNorms.OrOne(MatrixNorms.Largest(M)));
        if (balance != RowBalance.Columns) Divide_(M, along: Columns, across: Rows);
        if (balance != RowBalance.Rows) Divide_(M, along: Rows, across: Columns);
        return M;
    }

    private static void Divide_(Tensor M, long[] along, long[] across)
    {
        var norms = linalg.norm(M, along, keepdim: true);
        M.div_(MatrixNorms.OrOne(maximum(norms, norms.amax(across, keepdim: true).Mul_(Least))));
    }
}
