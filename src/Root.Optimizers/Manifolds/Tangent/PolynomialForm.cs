using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Manifolds.Tangent;

/// <summary>
/// msign(K) W by matrix products: of K itself (m x m) where m &lt;= 2n, else of K in an orthonormal basis of its range
/// (2n x 2n).
/// </summary>
internal static class PolynomialForm
{
    /// <param name="system">K of norm at most 1 in its system.</param>
    /// <param name="signType">The element type of the sign iteration; all else is in the parts' own.</param>
    /// <returns>A, (b, m, n).</returns>
    public static Tensor Direction(TangentSystem system, ScalarType signType) =>
        system.W.shape[^2] <= 2 * system.W.shape[^1] ? OnSpace(system, signType) : OnRange(system, signType);

    /// <summary>K = P W^T - W P^T with P = W O/2 + Gp; A = msign(K) W.</summary>
    private static Tensor OnSpace(TangentSystem system, ScalarType signType)
    {
        using var scope = NewDisposeScope();
        var (W, Gp, O, _) = system;
        var P = Gp.Add(W.bmm(O), 0.5);
        var half = P.bmm(W.mT);
        return SkewSign.Compute(half - half.mT, signType).bmm(W).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// With RegularN = L L^T, [W, Gp L^-T] is orthonormal and K in it is [[O, -L], [L^T, 0]]. A is J's first block
    /// column, mapped back.
    /// </summary>
    private static Tensor OnRange(TangentSystem system, ScalarType signType)
    {
        using var scope = NewDisposeScope();
        var (W, Gp, O, _) = system;
        var n = W.shape[^1];
        // The variant that checks nothing: a look at the device would wait for all work in flight.
        var L = linalg.cholesky_ex(system.RegularN()).L;
        var K = cat([cat([O, L.neg()], -1), cat([L.mT, zeros_like(O)], -1)], -2);
        var J = SkewSign.Compute(K, signType);
        var (J11, J21) = (J.narrow(-2, 0, n).narrow(-1, 0, n), J.narrow(-2, n, n).narrow(-1, 0, n));
        return system.Tangent(J11, Gp.bmm(linalg.solve_triangular(L.mT, J21, upper: true))).MoveToOuterDisposeScope();
    }
}
