namespace Root.Optimizers;

/// <summary>What a step does, in order; the middle ones batch after batch.</summary>
public enum StepStage
{
    /// <summary>Options and gradients are checked, gradients read, and batches made.</summary>
    Preparation,

    /// <summary>Gradients enter the momentum.</summary>
    Momentum,

    /// <summary>ROOT's outlier split: threshold and clipping.</summary>
    Split,

    /// <summary>ROOT's fit of coefficients, at the few steps that have one.</summary>
    Learning,

    /// <summary>The direction is made of the momentum: Newton-Schulz, matrix sign, or step on a manifold.</summary>
    Direction,

    /// <summary>Weights decay and move.</summary>
    Update,

    /// <summary>AdamW's parameters.</summary>
    Fallback,

    /// <summary>In a group of ranks: each gets what the others have stepped.</summary>
    Gathering,
}
