using Root.Optimizers.LinearAlgebra;
using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Manifolds.Tangent;

/// <summary>
/// The direction of steepest ascent on the Stiefel manifold under the spectral norm: A maximises &lt;G, A&gt; subject
/// to ||A||_2 &lt;= 1 and W^T A + A^T W = 0. In closed form A = msign(K) W with K = G W^T - W G^T, and &lt;G, A&gt; =
/// ||K||_* / 2 (proof: docs/manifold-closed-form.md). The problem is that of Bernstein, "Modular Manifolds" (2025); the
/// solution by msign(K) is this library's.
/// </summary>
public static class StiefelTangent
{
    /// <summary>
    /// Where K is so small beside G, in units of the type's rounding, what is left of it is rounding: the gradient is
    /// normal to the manifold. In float32 4e-6.
    /// </summary>
    private const double NegligibleRoundings = 33.5;

    /// <summary>A, tangent at W.</summary>
    /// <param name="W">(m, n) or (b, m, n) with orthonormal columns, or rows where m &lt; n. Floating point; 16-bit
    /// types are computed in float32.</param>
    /// <param name="G">The gradient, of the same shape and on the same device; finite. Its scale does not
    /// matter.</param>
    /// <param name="form">How msign(K) W is evaluated.</param>
    /// <param name="signType">The element type of the polynomial form's sign iteration; by default float32, or float64
    /// for float64 weights. In 16 bits A stays tangent; in bfloat16 its norm rises up to a few hundredths above 1.</param>
    /// <returns>A, of the shape of W, in float32 or float64. Zero where G is zero or normal to the manifold (G = W S, S
    /// symmetric). Where K is singular the maximiser need not be unique.</returns>
    /// <exception cref="ArgumentException">Shapes differ, or W has fewer than 2 or more than 3 dimensions.</exception>
    public static Tensor Direction(Tensor W, Tensor G, TangentForm form = TangentForm.Automatic,
        ScalarType? signType = null)
    {
        var view = TallView.For(W, G);
        using var scope = NewDisposeScope();
        W = view.Tall(W);
        G = view.Tall(G).to(W.dtype);
        G = G / MatrixNorms.OrOne(MatrixNorms.Largest(G));

        var system = TangentSystem.From(W, G);
        var s = system.Bound();
        var negligible = s.le(MatrixNorms.Frobenius(G).Mul_(NegligibleRoundings * W.dtype.Rounding()));
        system = system.DividedBy(s.MaskedFill(negligible, 1));

        if (form == TangentForm.Automatic) form = Choose(W.shape[1], W.shape[2], W.device_type);
        var A = form == TangentForm.Rational ? RationalForm.Direction(system)
            : PolynomialForm.Direction(system, signType ?? W.dtype);
        return view.Restore(A.MaskedFill_(negligible, 0)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The faster form for an m x n weight, m >= n: on a CPU the rational one unless the weight is nearly square and
    /// small, elsewhere matrix products alone. Source: 2 cores, libtorch 2.10, November 2026, rational over polynomial:
    /// 256x256 1.52, 384x384 1.37, 512x512 1.09, 768x768 1.00; 320x256 1.06, 480x384 0.82, 640x512 0.62; 512x256 0.34.
    /// </summary>
    internal static TangentForm Choose(long m, long n, DeviceType device) =>
        device == DeviceType.CPU && (n > (m == n ? 384 : 256) || 4 * m > 5 * n) ? TangentForm.Rational : TangentForm.Polynomial;
}
