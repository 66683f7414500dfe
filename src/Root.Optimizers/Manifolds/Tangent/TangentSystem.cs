using Root.Optimizers.LinearAlgebra;
using Root.Optimizers.Orthogonalization;
using static TorchSharp.torch;

namespace Root.Optimizers.Manifolds.Tangent;

/// <summary>
/// K = G W^T - W G^T = W O W^T + Gp W^T - W Gp^T, m x m and skew, by what it is made of: with K0 = W^T G, the skew
/// O = K0 - K0^T, the part Gp = G - W K0 of the gradient orthogonal to W, and N = Gp^T Gp.
/// </summary>
/// <param name="W">(b, m, n), m >= n, W^T W = I.</param>
/// <param name="Gp">(b, m, n).</param>
/// <param name="O">(b, n, n).</param>
/// <param name="N">(b, n, n).</param>
internal readonly record struct TangentSystem(Tensor W, Tensor Gp, Tensor O, Tensor N)
{
    /// <summary>
    /// Of ||N||_F, added to N's diagonal. N is a Gram matrix, in which rounding drowns the squares of singular values
    /// below 3e-4 of the largest; with 1e-7 in its place the rational form overshoots norm 1 by up to 1.3e-4 on
    /// gradients of low rank.
    /// </summary>
    private const double Ridge = 1e-6;

    /// <summary>Added besides, for gradients with nothing outside the span of W; K has norm about 1.</summary>
    private const double Floor = 1e-12;

    public static TangentSystem From(Tensor W, Tensor G)
    {
        var K0 = W.mT.bmm(G);
        var Gp = G - W.bmm(K0);
        return new(W, Gp, K0 - K0.mT, Gp.mT.bmm(Gp));
    }

    /// <summary>
    /// s >= ||K||_2, at most a few times as large: the norm of [[o, -p], [p, 0]] with o = (sum sigma^4)^(1/4) over O's
    /// singular values and p the same over Gp's.
    /// </summary>
    /// <returns>(b, 1, 1).</returns>
    public Tensor Bound()
    {
        var half = MatrixNorms.Frobenius(O.bmm(O)).sqrt_().Mul_(0.5);
        var square = MatrixNorms.Frobenius(N);
        return half.Square().Add_(square).sqrt_().Add_(half).Mul_(1.0001);
    }

    /// <summary>N with no singular value near 0.</summary>
    public Tensor RegularN()
    {
        var regular = N.clone();
        regular.diagonal(0, -2, -1).Add_(MatrixNorms.Frobenius(N).squeeze(-1).Mul_(Ridge).Add_(Floor));
        return regular;
    }

    /// <summary>
    /// W S + B, S skew and B = Gp times something: tangent, since W^T B = 0. What rounding left of W in Gp, the
    /// something may have made large, and is taken out.
    /// </summary>
    public Tensor Tangent(Tensor S, Tensor B) => B.Add_(W.bmm(S - W.mT.bmm(B)));

    /// <summary>The parts of K/s.</summary>
    public TangentSystem DividedBy(Tensor s) => new(W, Gp / s, O / s, N / s.Square());
}
