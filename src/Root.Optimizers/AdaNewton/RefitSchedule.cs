namespace Root.Optimizers.AdaNewton;

/// <summary>When the coefficients of a shape are fitted anew, and to which of its matrices.</summary>
internal static class RefitSchedule
{
    /// <summary>
    /// Whether step <paramref name="step"/> (the first is 1) refits: steps 1, 5, 9 and so on, a sixth of the step apart and at
    /// least four. Momentum is nearly of rank one in the first 20 steps, spreads until about 60 and changes little later.
    /// </summary>
    public static bool IsDue(long step) => Count(step) > Count(step - 1);

    /// <summary>
    /// Which of <paramref name="matrices"/> of one shape a refit learns from: each in turn. It follows from the step alone, so
    /// that nothing needs to be remembered.
    /// </summary>
    public static int Turn(long step, int matrices) => (Count(step) - 1) % matrices;

    /// <summary>How many refits there are up to a step, that step included.</summary>
    public static int Count(long step)
    {
        var count = 0;
        for (var due = 1L; due <= step; due += Math.Max(4, due / 6)) count++;
        return count;
    }
}
