namespace Root.Optimizers.Manifolds.Tangent;

/// <summary>
/// Zolotarev's best rational approximation of sign(x) of its degree on [-1, -l] and [l, 1], l = 1e-3, scaled to a
/// maximum of 1: r(x) = sum_j a_j x / (x^2 + t_j^2), j = 1 to 10, with 1 - 5.44e-5 &lt;= r(x) &lt;= 1 on [l, 1]. All
/// a_j are positive, and r rises from 0 to 1 below l, so that nothing it is applied to gets a norm above 1.
/// </summary>
/// <remarks>
/// t_j = l sn/cn at (2j - 1)/20 of the quarter period of Jacobi's functions of modulus sqrt(1 - l^2); the zeros of r
/// lie at the even multiples between, and the a_j are the residues. A wider interval would need poles closer to 0 than
/// 3e-4, where in float32 the resolvents lose what they are made of. Source: Zolotarev (1877); the tests derive the
/// numbers again.
/// </remarks>
internal static class ZolotarevSign
{
    /// <summary>l: where the guarantee begins.</summary>
    public const double Lower = 1e-3;

    /// <summary>The largest 1 - r(x) on [l, 1].</summary>
    public const double Error = 5.44e-5;

    /// <summary>(t_j, a_j).</summary>
    public static readonly (double Pole, double Residue)[] Terms =
    [
        (4.266918536e-4, 5.740582190e-4),
        (1.590820521e-3, 9.921255117e-4),
        (3.913497682e-3, 2.132740863e-3),
        (9.086379329e-3, 4.826787068e-3),
        (2.087831583e-2, 1.103882197e-2),
        (4.789658361e-2, 2.532397075e-2),
        (1.100548374e-1, 5.846236954e-2),
        (2.555258955e-1, 1.392540799e-1),
        (6.286064246e-1, 3.920344642e-1),
        (2.343611652, 3.153023710),
    ];
}
