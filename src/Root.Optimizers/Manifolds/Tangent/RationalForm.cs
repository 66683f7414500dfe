using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Manifolds.Tangent;

/// <summary>
/// r(K) W for Zolotarev's r, through n x n inverses only. On an eigenvalue x i of the skew K, a x / (x^2 + t^2) is
/// a/2 ((t I - K)^-1 - (t I + K)^-1). In the span of [W, Gp], K acts as [[O, -N], [I, 0]], so that
/// (t I - K)^-1 W = W X + Gp X / t with X = (t I + N/t - O)^-1, and (t I + K)^-1 W = W X^T - Gp X^T / t. Together
/// r(K) W = sum_j a_j/2 (W (X_j - X_j^T) + Gp (X_j + X_j^T) / t_j),
/// which is tangent however good r is, since the first bracket is skew and W^T Gp = 0.
/// </summary>
internal static class RationalForm
{
    /// <param name="system">K of norm at most 1 in its system.</param>
    /// <returns>A, (b, m, n).</returns>
    public static Tensor Direction(TangentSystem system)
    {
        using var scope = NewDisposeScope();
        var (W, Gp, O, _) = system;
        // In the square case nothing is orthogonal to W, and what Gp holds is rounding.
        var square = W.shape[^1] == W.shape[^2];
        var N = square ? null : system.RegularN();
        var (Y, Z) = (zeros_like(O), zeros_like(O));
        foreach (var (t, a) in ZolotarevSign.Terms)
        {
            using var inner = NewDisposeScope();
            var resolvent = N is null ? O.neg() : N.Div(t).sub_(O);
            resolvent.diagonal(0, -2, -1).Add_(t);
            var X = BatchedInverse.Of(resolvent);
            Y.Add_(X, a / 2);
            Z.Add_(X, a / (2 * t));
        }
        var S = Y - Y.mT;
        return (square ? W.bmm(S) : system.Tangent(S, Gp.bmm(Z.Add(Z.mT)))).MoveToOuterDisposeScope();
    }
}
