namespace Root.Optimizers;

/// <summary>
/// What becomes of the Frobenius norm of a matrix W in a step along U, s being the factor of the shape. Weight decay balances a norm that
/// updates of fixed size make grow; these hold it directly.
/// </summary>
public enum WeightNorm
{
    /// <summary>Nothing: W &lt;- (1 - lr decay) W - lr s U.</summary>
    Free,

    /// <summary>
    /// It stays: W &lt;- R normalize(W - lr R U / ||U||_F) with R = ||W||_F. The learning rate is the step's size relative to W (0.014 to
    /// 0.018 as published), and neither <see cref="OrthogonalizingOptions.lr_scale"/>, <see cref="OrthogonalizingOptions.lr_factor"/> nor
    /// weight decay have a part in it. A group with a matrix that is 0 is refused when it is added. One that is 0 later, as where this
    /// option is set or loaded then, takes the step of <see cref="Free"/> until it has a norm, and keeps that. Source: Hyperball
    /// (Wen et al., arXiv 2606.16899).
    /// </summary>
    Hyperball,

    /// <summary>
    /// It grows by half: where the step along U, after any decay, makes the norm larger, the result is scaled to the middle of both
    /// norms. Source: modded-nanogpt, track 3, number 29; as NVIDIA Emerging-Optimizers has it.
    /// </summary>
    RadialBrake,
}
