using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Distributed;

/// <summary>
/// Ranks over MPI. Tensors on a GPU go by way of the host. All of MPI's calls are made by one thread. Before each call the ranks tell
/// each other which one they are about to make, and wait for that by asking now and then, without burning a core: a rank that stays away
/// longer than the limit, or makes another call, ends the job.
/// </summary>
internal sealed class MpiGroup : IProcessGroup
{
    /// <summary>Of one call: MPI counts in 32 bits, and so does a span.</summary>
    private const long MostBytes = 1 << 30;

    /// <summary>Bytes in which a rank says which call it is about to make: its kind and bytes, and what else must be the same.</summary>
    private const int Announcement = 2 * sizeof(long);

    /// <summary>So long a rank that waits asks again at once, and lets others run in between: a call takes less where all are there
    /// (docs/scaling.md), and where ranks are more than cores a waiting one soon leaves its core.</summary>
    private static readonly TimeSpan Promptly = TimeSpan.FromMilliseconds(0.2);

    private readonly BlockingCollection<Action> _calls = [];
    private readonly MpiLibrary _mpi;
    private TimeSpan _timeLimit;
    private nint _announced;

    public MpiGroup(Launcher launcher, TimeSpan timeLimit)
    {
        // Ranks start one after the other, on machines under load.
        _timeLimit = timeLimit > ProcessGroup.DefaultTimeLimit ? timeLimit : ProcessGroup.DefaultTimeLimit;
        (Rank, Size) = (launcher.Rank, launcher.Size);
        _mpi = MpiLibrary.Load(launcher);
        new Thread(() =>
        {
            foreach (var call in _calls.GetConsumingEnumerable()) call();
        })
        { IsBackground = true, Name = "MPI" }.Start();
        OnThread(() => Watched(nameof(Mpi.MPI_Init_thread), Start));
        if ((Rank, Size) != (launcher.Rank, launcher.Size))
            throw new InvalidOperationException($"{launcher.Name} has started this program as rank {launcher.Rank} of {launcher.Size}, and "
                + $"{_mpi.Name} takes it for rank {Rank} of {Size}: they do not go together. Start it with the library's own launcher, or "
                + $"name the launcher's library in {Launcher.LibraryVariable}.");
        OnThread(() => Meet(Kind.Start));
        _timeLimit = timeLimit;
    }

    public int Rank { get; private set; }

    public int Size { get; private set; }

    public int LocalRank { get; private set; }

    private enum Kind
    {
        Start = 1,
        AllReduce,
        ReduceScatter,
        AllGather,
        Broadcast,
        Barrier,
        Finish,
    }

    private void Start()
    {
        Mpi.Check(Mpi.MPI_Init_thread(0, 0, Mpi.Funneled, out _));
        Mpi.Check(Mpi.MPI_Comm_set_errhandler(_mpi.World, _mpi.ErrorsReturn));
        Mpi.Check(Mpi.MPI_Comm_rank(_mpi.World, out var rank));
        Mpi.Check(Mpi.MPI_Comm_size(_mpi.World, out var size));
        Mpi.Check(Mpi.MPI_Comm_split_type(_mpi.World, _mpi.SharedMemory, rank, _mpi.NoInfo, out var machine));
        Mpi.Check(Mpi.MPI_Comm_rank(machine, out var localRank));
        (Rank, Size, LocalRank) = (rank, size, localRank);
        _announced = Marshal.AllocHGlobal((size + 1) * Announcement);
    }

    public void AllReduce(Tensor x) => Call(Kind.AllReduce, x, flat => InChunks(flat, chunk =>
        Mpi.Check(Mpi.MPI_Allreduce(_mpi.InPlace, Address(chunk), (int)chunk.numel(), SumType(x), _mpi.Sum, _mpi.World))));

    public void ReduceScatter(Tensor x, IReadOnlyList<long> counts)
    {
        Arguments.CheckSegments(x, counts, Size);
        int[] each = [.. counts.Select(count => (int)count)];
        Call(Kind.ReduceScatter, x, flat =>
        {
            var own = flat.narrow(0, counts.Take(Rank).Sum(), counts[Rank]);
            var sum = empty_like(own);
            Mpi.Check(Mpi.MPI_Reduce_scatter(Address(flat), Address(sum), each, SumType(x), _mpi.Sum, _mpi.World));
            own.copy_(sum);
        }, HashOf(counts));
    }

    public void AllGather(Tensor x, IReadOnlyList<long> counts)
    {
        Arguments.CheckSegments(x, counts, Size);
        int[] bytes = [.. counts.Select(count => (int)(count * x.ElementSize))], places = new int[bytes.Length];
        for (var rank = 1; rank < places.Length; rank++) places[rank] = places[rank - 1] + bytes[rank - 1];
        Call(Kind.AllGather, x, flat =>
            Mpi.Check(Mpi.MPI_Allgatherv(_mpi.InPlace, 0, _mpi.Bytes, Address(flat), bytes, places, _mpi.Bytes, _mpi.World)),
            HashOf(counts));
    }

    public void Broadcast(Tensor x, int root)
    {
        Arguments.CheckRoot(x, root, Size);
        Call(Kind.Broadcast, x, flat => InChunks(flat, chunk =>
            Mpi.Check(Mpi.MPI_Bcast(Address(chunk), (int)(chunk.numel() * x.ElementSize), _mpi.Bytes, root, _mpi.World))), root);
    }

    private static void InChunks(Tensor flat, Action<Tensor> call)
    {
        var most = MostBytes / flat.ElementSize;
        for (var start = 0L; start < flat.numel(); start += most)
        {
            using var chunk = flat.narrow(0, start, Math.Min(most, flat.numel() - start));
            call(chunk);
        }
    }

    /// <summary>The same in every process, unlike .NET's own.</summary>
    private static long HashOf(IReadOnlyList<long> counts) =>
        counts.Aggregate(0L, (hash, count) => unchecked((hash ^ count) * 0x5851F42D4C957F2D));

    public void Barrier() => OnThread(() => Meet(Kind.Barrier));

    /// <summary>Waits for all ranks, and ends MPI.</summary>
    public void Finish() => OnThread(() =>
    {
        Meet(Kind.Finish);
        Watched(nameof(Mpi.MPI_Finalize), () => Mpi.Check(Mpi.MPI_Finalize()));
    });

    public void Abort(string message)
    {
        Report(message);
        _calls.Add(() => _ = Mpi.MPI_Abort(_mpi.World, 1));
        // It ends this process, too; but not where MPI's thread is within another call.
        Thread.Sleep(TimeSpan.FromSeconds(5));
        Environment.FailFast($"Rank {Rank} could not abort.");
    }

    /// <summary>A call on a tensor, when all ranks are there.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="x">The tensor.</param>
    /// <param name="call">Given its entries, on the host.</param>
    /// <param name="detail">Of the call's other arguments, which are to be the same on all ranks: a root, or a hash.</param>
    private void Call(Kind kind, Tensor x, Action<Tensor> call, long detail = 0)
    {
        Arguments.CheckContiguous(x);
        if (kind is Kind.AllReduce or Kind.ReduceScatter) _ = SumType(x);
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var flat = x.cpu().view(-1);
        // Tensors that are made on the other thread are released there.
        OnThread(() =>
        {
            using var scope = NewDisposeScope();
            using var grad = no_grad();
            Meet(kind, flat.numel() * x.ElementSize, detail);
            Watched($"{kind}", () => call(flat));
        });
        if (x.device_type != DeviceType.CPU) x.copy_(flat.view(x.shape));
    }

    /// <summary>Tells all ranks which call comes, and waits until all have told.</summary>
    private void Meet(Kind kind, long bytes = 0, long detail = 0)
    {
        var request = (nint)0;
        Marshal.WriteInt64(_announced, ((long)kind << 56) + bytes);
        Marshal.WriteInt64(_announced, sizeof(long), detail);
        Mpi.Check(Mpi.MPI_Iallgather(_announced, Announcement, _mpi.Bytes, _announced + Announcement, Announcement, _mpi.Bytes, _mpi.World,
            ref request));
        var (since, done) = (Stopwatch.StartNew(), 0);
        while (done == 0)
        {
            Mpi.Check(Mpi.MPI_Test(ref request, out done, _mpi.IgnoredStatus));
            if (done == 0 && since.Elapsed > _timeLimit) AbortNow($"It has waited {_timeLimit} for other ranks to call {kind}.");
            // Ranks that come together part at once: what waits longer can wait for the clock's next tick.
            if (done == 0) Thread.Sleep(since.Elapsed < Promptly ? 0 : 1);
        }
        var own = Marshal.ReadInt64(_announced);
        for (var rank = 0; rank < Size; rank++)
        {
            var its = Marshal.ReadInt64(_announced, (rank + 1) * Announcement);
            if (its != own)
                AbortNow($"It calls {Text(own)}, and rank {rank} calls {Text(its)}: all ranks must make the same calls in the same order.");
            if (Marshal.ReadInt64(_announced, (rank + 1) * Announcement + sizeof(long)) != detail)
                AbortNow($"It calls {Text(own)}, and rank {rank} does with {(kind == Kind.Broadcast ? "another root" : "other segments")}: "
                    + "they must be the same on all ranks.");
        }

        static string Text(long call) => $"{(Kind)(call >> 56)} of {call & ((1L << 56) - 1)} bytes";
    }

    /// <summary>On MPI's thread.</summary>
    private void AbortNow(string message)
    {
        Report(message);
        _ = Mpi.MPI_Abort(_mpi.World, 1);
    }

    /// <summary>Says why the job ends, and gives the launcher time to pass it on: MPICH's ends at once when a rank aborts, without reading
    /// what ranks have written before (fn_abort in its pmiserv_pmi_v1.c).</summary>
    private void Report(string message)
    {
        Console.Error.WriteLine($"Rank {Rank} of {Size}: {message}");
        Console.Error.Flush();
        Thread.Sleep(TimeSpan.FromSeconds(1));
    }

    /// <summary>A call that cannot be left: where it takes longer than the limit, this process ends, and with it the job.</summary>
    private void Watched(string what, Action call)
    {
        using var watch = new Timer(_ =>
        {
            Report($"It has been in {what} for {_timeLimit}.");
            Environment.FailFast(null);
        }, null, _timeLimit, Timeout.InfiniteTimeSpan);
        call();
    }

    private void OnThread(Action call)
    {
        ExceptionDispatchInfo? failure = null;
        using var done = new ManualResetEventSlim();
        _calls.Add(() =>
        {
            try
            {
                call();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
            done.Set();
        });
        done.Wait();
        failure?.Throw();
    }

    private nint SumType(Tensor x) => Arguments.OfSum(x, _mpi.Float, _mpi.Double);

    private static unsafe nint Address(Tensor x)
    {
        // Memory of libtorch's own, which does not move.
        fixed (byte* first = x.bytes) return (nint)first;
    }
}
