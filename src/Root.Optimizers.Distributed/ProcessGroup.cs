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
    /// <param name="nccl">Whether several ranks have a GPU each, between which tensors go <see cref="OverNccl">over NCCL</see>; else they
    /// go by way of the host.</param>
    /// <returns>0.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeLimit"/> is out of range.</exception>
    /// <exception cref="InvalidOperationException">There is a launcher, and no MPI library of its kind, or not as many ranks as it has
    /// started.</exception>
    public static int Run(Action<IProcessGroup> program, TimeSpan? timeLimit = null, bool nccl = false)
    {
        ArgumentNullException.ThrowIfNull(program);
        var limit = Checked(timeLimit);
        if (Launcher.Find() is not { } launcher)
        {
            program(new SingleGroup());
            return 0;
        }
        var group = new MpiGroup(launcher, limit);
        try
        {
            if (nccl) OverNccl(group, program, timeLimit: limit);
            else program(group);
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

    /// <summary>
    /// Runs a program over NCCL: tensors on this rank's GPU go straight to other ranks' GPUs, in the default stream's order, and those on
    /// the host over the group that has brought the ranks together. The GPU becomes the calling thread's current one, which is what
    /// <c>torch.CUDA</c> means without a number. An exception ends all ranks.
    /// </summary>
    /// <param name="bootstrap">Ranks that can already talk to each other, over MPI for one.</param>
    /// <param name="program">What every rank does.</param>
    /// <param name="device">The number of this rank's GPU, another on each rank of a machine; null: the rank's number on its machine,
    /// modulo how many GPUs this process sees.</param>
    /// <param name="timeLimit">For the GPU to get through any one call, with what stands before it, and through what other ranks still do
    /// before theirs; then the job ends with a message. As for <see cref="Run"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeLimit"/> is out of range, or there is no such GPU.</exception>
    /// <exception cref="InvalidOperationException">There is no GPU, or no NCCL, or one of its calls has failed; the message has
    /// NCCL's.</exception>
    public static void OverNccl(IProcessGroup bootstrap, Action<IProcessGroup> program, int? device = null, TimeSpan? timeLimit = null)
    {
        ArgumentNullException.ThrowIfNull(bootstrap);
        ArgumentNullException.ThrowIfNull(program);
        var limit = Checked(timeLimit);
        NcclGroup? group = null;
        try
        {
            group = new(bootstrap, device, limit);
            program(group);
        }
        catch (Exception e)
        {
            // Where a rank has no GPU or no NCCL the others wait for it as well.
            (group ?? bootstrap).Abort($"{e}");
            throw;
        }
        group.Finish();
    }

    private static TimeSpan Checked(TimeSpan? timeLimit)
    {
        var limit = timeLimit ?? DefaultTimeLimit;
        if (limit > TimeSpan.Zero && limit.TotalMilliseconds < int.MaxValue) return limit;
        throw new ArgumentOutOfRangeException(nameof(timeLimit), limit, "It must be above 0 and below 2^31 - 1 milliseconds.");
    }
}
