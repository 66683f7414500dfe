using static TorchSharp.torch.optim.lr_scheduler;

namespace Root.Optimizers;

/// <summary>
/// Continues a learning-rate scheduler of TorchSharp's, of a run with any optimizer. They have no state to save: one is made, stepped to
/// where it was, and only then the optimizer's state is loaded, from whose learning rates and momenta the scheduler goes on. In any other
/// order some scheduler overwrites them.
/// </summary>
/// <example><code>
/// var scheduler = ResumeScheduler.At(stepsTaken, () => CosineAnnealingLR(adamw, 10_000), () => adamw.load_state_dict("adamw.bin"));
/// </code></example>
public static class ResumeScheduler
{
    /// <summary>Makes a scheduler, steps it to where it was, and loads the optimizer's state.</summary>
    /// <param name="steps">How many steps the scheduler had taken, at least 0: calls of its <c>step()</c> without arguments.</param>
    /// <param name="make">Makes the scheduler as the run made it, over an optimizer that is made as the run made it, not loaded
    /// yet.</param>
    /// <param name="load">Loads the optimizer's state.</param>
    /// <returns>The scheduler, which goes on.</returns>
    /// <exception cref="ArgumentException"><paramref name="steps"/> is negative; nothing was called.</exception>
    /// <exception cref="InvalidOperationException"><paramref name="steps"/> is above 0, and the scheduler ReduceLROnPlateau, whose steps
    /// want a metric.</exception>
    /// <remarks>What the two functions throw is not caught; learning rates are those of the new scheduler then.</remarks>
    public static TScheduler At<TScheduler>(int steps, Func<TScheduler> make, Action load) where TScheduler : LRScheduler
    {
        Require.AtLeast(steps, 0);
        ArgumentNullException.ThrowIfNull(make);
        ArgumentNullException.ThrowIfNull(load);
        var scheduler = make();
        for (var step = 0; step < steps; step++) scheduler.step();
        load();
        return scheduler;
    }
}
