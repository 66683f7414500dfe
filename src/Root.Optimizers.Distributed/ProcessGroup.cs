namespace Root.Optimizers.Distributed;

/// <summary>Programs that train one model as several processes, started by <c>mpirun</c>, <c>mpiexec</c> or <c>srun</c>.</summary>
public static class ProcessGroup
{
    /// <summary>How long a rank waits for the others in a call, unless it is told otherwise.</summary>
    public static readonly TimeSpan DefaultTimeLimit = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Runs a program as one of the ranks that a launcher has started; as a group of one, without MPI, where none has. An exception
    /// ends all ranks: its text, with the rank, goes to the error stream, and the job's exit code is not 0.
    /// </summary>
    /// <param name="program">What every rank does.</param>
    /// <param name="timeLimit">How long a rank waits for the others in any one call; then the job ends with a message. More than one rank
    /// may be ahead of another, which evaluates or writes files meanwhile. Above 0 and below 2^31 - 1 milliseconds, which is 24 days; null:
    /// <see cref="DefaultTimeLimit"/>. To start, ranks have that at least.</param>
    /// <returns>0.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeLimit"/> is out of range.</exception>
    /// <exception cref="InvalidOperationException">There is a launcher, and no MPI library of its kind, or not as many ranks as it has
    /// started.</exception>
    public static int Run(Action<IProcessGroup> program, TimeSpan? timeLimit = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        var limit = timeLimit ?? DefaultTimeLimit;
        if (!(limit > TimeSpan.Zero && limit.TotalMilliseconds < int.MaxValue))
            throw new ArgumentOutOfRangeException(nameof(timeLimit), limit, "It must be above 0 and below 2^31 - 1 milliseconds.");
        if (Launcher.Find() is not { } launcher)
        {
            program(new SingleGroup());
            return 0;
        }
        var group = new MpiGroup(launcher, limit);
        try
        {
            program(group);
        }
        catch (Exception e)
        {
            // To finalize would wait for ranks that wait for this one.
            group.Abort($"{e}");
            throw;
        }
        group.Finish();
        return 0;
    }
}
