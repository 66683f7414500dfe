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
    /// <summary>Of one call: MPI counts in 32 bits.</summary>
    private const long MostEntries = 1 << 28;

    private readonly BlockingCollection<Action> _calls = [];
    private readonly MpiLibrary _mpi;
    private readonly TimeSpan _timeLimit;
    private nint _announced;

    public MpiGroup(Launcher launcher, TimeSpan timeLimit)
    {
        _timeLimit = timeLimit;
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
    }

    public int Rank { get; private set; }

    public int Size { get; private set; }

    public int LocalRank { get; private set; }

    private enum Kind
    {
        AllReduce = 1,
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
        _announced = Marshal.AllocHGlobal((size + 1) * sizeof(long));
    }

    public void AllReduce(Tensor x) => Call(Kind.AllReduce, x, flat =>
    {
        for (var start = 0L; start < flat.numel(); start += MostEntries)
        {
            using var chunk = flat.narrow(0, start, Math.Min(MostEntries, flat.numel() - start));
            Mpi.Check(Mpi.MPI_Allreduce(_mpi.InPlace, Address(chunk), (int)chunk.numel(), SumType(x), _mpi.Sum, _mpi.World));
        }
    });

    public void ReduceScatter(Tensor x, IReadOnlyList<long> counts) => Call(Kind.ReduceScatter, x, flat =>
    {
        var own = flat.narrow(0, counts.Take(Rank).Sum(), counts[Rank]);
        var sum = empty_like(own);
        int[] each = [.. counts.Select(count => checked((int)count))];
        Mpi.Check(Mpi.MPI_Reduce_scatter(Address(flat), Address(sum), each, SumType(x), _mpi.Sum, _mpi.World));
        own.copy_(sum);
    });

    public void AllGather(Tensor x, IReadOnlyList<long> counts) => Call(Kind.AllGather, x, flat =>
    {
        int[] bytes = [.. counts.Select(count => checked((int)(count * x.ElementSize)))], places = new int[bytes.Length];
        for (var rank = 1; rank < places.Length; rank++) places[rank] = checked(places[rank - 1] + bytes[rank - 1]);
        Mpi.Check(Mpi.MPI_Allgatherv(_mpi.InPlace, 0, _mpi.Bytes, Address(flat), bytes, places, _mpi.Bytes, _mpi.World));
    });

    public void Broadcast(Tensor x, int root) => Call(Kind.Broadcast, x, flat =>
    {
        for (var start = 0L; start < flat.numel(); start += MostEntries / x.ElementSize)
        {
            using var chunk = flat.narrow(0, start, Math.Min(MostEntries / x.ElementSize, flat.numel() - start));
            Mpi.Check(Mpi.MPI_Bcast(Address(chunk), (int)(chunk.numel() * x.ElementSize), _mpi.Bytes, root, _mpi.World));
        }
    });

    public void Barrier() => OnThread(() => Meet(Kind.Barrier));

    /// <summary>Waits for all ranks, and ends MPI.</summary>
    public void Finish() => OnThread(() =>
    {
        Meet(Kind.Finish);
        Watched(nameof(Mpi.MPI_Finalize), () => Mpi.Check(Mpi.MPI_Finalize()));
    });

    public void Abort(string message)
    {
        Console.Error.WriteLine($"Rank {Rank} of {Size}: {message}");
        _calls.Add(() => _ = Mpi.MPI_Abort(_mpi.World, 1));
        // It ends this process, too; but not where MPI's thread is within another call.
        Thread.Sleep(TimeSpan.FromSeconds(5));
        Environment.FailFast($"Rank {Rank} could not abort.");
    }

    /// <summary>A call on a tensor, when all ranks are there.</summary>
    private void Call(Kind kind, Tensor x, Action<Tensor> call)
    {
        if (!x.is_contiguous()) throw new ArgumentException("A tensor for other ranks must be contiguous.", nameof(x));
        if (kind is Kind.AllReduce or Kind.ReduceScatter) _ = SumType(x);
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var flat = x.cpu().view(-1);
        // Tensors that are made on the other thread are released there.
        OnThread(() =>
        {
            using var scope = NewDisposeScope();
            using var grad = no_grad();
            Meet(kind, flat.numel() * x.ElementSize);
            Watched($"{kind}", () => call(flat));
        });
        if (x.device_type != DeviceType.CPU) x.copy_(flat.view(x.shape));
    }

    /// <summary>Tells all ranks which call comes, and waits until all have told.</summary>
    private void Meet(Kind kind, long bytes = 0)
    {
        var request = (nint)0;
        Marshal.WriteInt64(_announced, ((long)kind << 56) + bytes);
        Mpi.Check(Mpi.MPI_Iallgather(_announced, sizeof(long), _mpi.Bytes, _announced + sizeof(long), sizeof(long), _mpi.Bytes, _mpi.World,
            ref request));
        var (since, spin, done) = (Stopwatch.StartNew(), new SpinWait(), 0);
        while (done == 0)
        {
            Mpi.Check(Mpi.MPI_Test(ref request, out done, _mpi.IgnoredStatus));
            if (done == 0 && since.Elapsed > _timeLimit) AbortNow($"It has waited {_timeLimit} for other ranks to call {kind}.");
            if (done == 0) spin.SpinOnce();
        }
        var own = Marshal.ReadInt64(_announced);
        for (var rank = 0; rank < Size; rank++)
            if (Marshal.ReadInt64(_announced, (rank + 1) * sizeof(long)) is var its && its != own)
                AbortNow($"It calls {Text(own)}, and rank {rank} calls {Text(its)}: all ranks must make the same calls in the same order.");

        static string Text(long call) => $"{(Kind)(call >> 56)} of {call & ((1L << 56) - 1)} bytes";
    }

    /// <summary>On MPI's thread.</summary>
    private void AbortNow(string message)
    {
        Console.Error.WriteLine($"Rank {Rank} of {Size}: {message}");
        _ = Mpi.MPI_Abort(_mpi.World, 1);
    }

    /// <summary>A call that cannot be left: where it takes longer than the limit, this process ends, and with it the job.</summary>
    private void Watched(string what, Action call)
    {
        using var watch = new Timer(_ => Environment.FailFast($"Rank {Rank} of {Size}: It has been in {what} for {_timeLimit}."), null,
            _timeLimit, Timeout.InfiniteTimeSpan);
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

    private nint SumType(Tensor x) => x.dtype switch
    {
        ScalarType.Float32 => _mpi.Float,
        ScalarType.Float64 => _mpi.Double,
        var other => throw new ArgumentException($"Ranks sum float32 and float64, and not {other}."),
    };

    private static unsafe nint Address(Tensor x)
    {
        // Memory of libtorch's own, which does not move.
        fixed (byte* first = x.bytes) return (nint)first;
    }
}
