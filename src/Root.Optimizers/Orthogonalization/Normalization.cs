namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// What a matrix is divided by before the iteration, so that its singular values lie in [0, 1]. The closer the divisor is to
/// the largest singular value, the less the iteration has to lift the others.
/// </summary>
public enum Normalization
{
    /// <summary>(sum s_i^2)^(1/2).</summary>
    Frobenius,

    /// <summary>
    /// (sum s_i^8)^(1/8) = ||(X X^T)^2||_F^(1/4): from the products that the first step forms anyway. On real momentum the
    /// largest singular value is 0.9 to 1 of it.
    /// </summary>
    Schatten8,
}
