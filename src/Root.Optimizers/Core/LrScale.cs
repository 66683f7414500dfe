using Root.Optimizers.Core;

namespace Root.Optimizers;

/// <summary>
/// How the learning rate of a matrix depends on its shape. An orthogonalized update U of an m x n matrix has entries of
/// root mean square 1/sqrt(max(m, n)), whatever the gradient; the factor makes one <c>lr</c> serve all shapes.
/// </summary>
public enum LrScale
{
    /// <summary>
    /// 0.2 * sqrt(max(m, n)): the update's root mean square is 0.2, about AdamW's, so AdamW's learning rate and weight
    /// decay carry over. Source: Moonlight (arXiv 2502.16982, section 2.2), used by ROOT's published program.
    /// </summary>
    MatchAdamWRms,

    /// <summary>
    /// sqrt(max(1, m/n)), m the rows and n the columns: Keller Jordan's Muon, <c>adjust_lr_fn="original"</c> in
    /// torch.optim.Muon.
    /// </summary>
    KellerJordan,

    /// <summary>1: the update has spectral norm <c>lr</c>.</summary>
    None,

    /// <summary>
    /// sqrt(m/n): the update maps inputs of root mean square 1 to outputs of at most <c>lr</c>, whatever the shape. Source: Bernstein
    /// and Newhouse, "Old optimizer, new norm" (arXiv 2409.20325); <c>spectral</c> and <c>unit_rms_norm</c> elsewhere.
    /// </summary>
    Spectral,
}

internal static class LrScales
{
    /// <summary>The factor for the matrices of a part.</summary>
    public static double Factor(this LrScale scale, MatrixPart part) => scale.Factor(part.Sides.outputs, part.Sides.inputs);

    /// <summary>The factor for a matrix of <paramref name="rows"/> x <paramref name="columns"/>.</summary>
    public static double Factor(this LrScale scale, long rows, long columns) => scale switch
    {
        LrScale.MatchAdamWRms => 0.2 * Math.Sqrt(Math.Max(rows, columns)),
        LrScale.Spectral => Math.Sqrt((double)rows / columns),
        LrScale.KellerJordan => Math.Sqrt(Math.Max(1.0, (double)rows / columns)),
        _ => 1,
    };
}
