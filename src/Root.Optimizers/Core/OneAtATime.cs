namespace Root.Optimizers.Core;

/// <summary>
/// Lets one call at a time into an optimizer. A second one, of another thread or from within a step, is refused: it would see or
/// leave half a step. To wait would not do, for then two threads took turns in an order that nobody chose.
/// </summary>
internal sealed class OneAtATime
{
    private int _inside;

    /// <summary>Begins a call, which ends when the result is disposed.</summary>
    /// <exception cref="InvalidOperationException">There is one already.</exception>
    public Call Enter(MatrixOptimizer optimizer) => Interlocked.Exchange(ref _inside, 1) == 0
        ? new(this)
        : throw new InvalidOperationException($"This {optimizer.GetType().Name} is in the midst of a step, or is being saved, loaded or "
            + "given a group. It belongs to one thread at a time, and an observer of a step must not call it.");

    public readonly struct Call(OneAtATime door) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref door._inside, 0);
    }
}
