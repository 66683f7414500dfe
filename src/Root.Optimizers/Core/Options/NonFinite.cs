namespace Root.Optimizers;

/// <summary>What becomes of a parameter whose gradient holds NaN, infinity, or an entry beyond 1e32 (of AdamW's parameters 1e18, whose
/// square is still a float32; of float64 parameters 1e300 and 1e150).</summary>
public enum NonFinite
{
    /// <summary>The step throws and changes nothing. On a GPU it changes nothing, and a later step throws.</summary>
    Throw,

    /// <summary>The parameter keeps its value and its state; the others take their step.</summary>
    Skip,

    /// <summary>The step is taken, and NaN goes where it goes.</summary>
    Propagate,
}
