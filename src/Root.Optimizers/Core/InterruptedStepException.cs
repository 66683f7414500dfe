namespace Root.Optimizers;

/// <summary>
/// A step that had been checked failed in the midst all the same: out of memory, a matrix sign that diverged, an exception of
/// somebody else's code. Some parameters have taken it, the others have not: restore a checkpoint.
/// </summary>
public sealed class InterruptedStepException : InvalidOperationException
{
    internal InterruptedStepException(string message, IReadOnlyList<RoutedParameter> moved, Exception inner) : base(message, inner) =>
        Moved = moved;

    /// <summary>The parameters that had taken the step. Those whose update failed may have taken a part of it.</summary>
    public IReadOnlyList<RoutedParameter> Moved { get; }
}
