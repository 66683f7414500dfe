using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Support;

/// <summary>
/// Ranks that are threads of this process. Sums are taken in the order of ranks. Where one thread fails, the calls of the others
/// throw, and the first failure is the run's.
/// </summary>
public sealed class ThreadGroup : IProcessGroup
{
    /// <summary>Far beyond what a step takes; a rank that stays away fails a test and does not hang it.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private readonly Meeting _meeting;

    private ThreadGroup(int rank, Meeting meeting) => (Rank, _meeting) = (rank, meeting);

    public int Rank { get; }

    public int Size => _meeting.Given.Length;

    public int LocalRank => Rank;

    /// <summary>How many collective calls this rank has made, and how many bytes were in their tensors.</summary>
    public (int calls, long bytes) Traffic { get; private set; }

    /// <summary>Runs ranks, each on a thread of its own.</summary>
    /// <returns>What each one returned.</returns>
    public static T[] Run<T>(int size, Func<ThreadGroup, T> rank)
    {
        using var meeting = new Meeting(size);
        var results = new T[size];
        var threads = Enumerable.Range(0, size).Select(i => new Thread(() =>
        {
            try { results[i] = rank(new(i, meeting)); }
            catch (Exception e) { meeting.Fail(e); }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return meeting.Failure is { } failure ? throw new AggregateException(failure.Message, failure) : results;
    }

    public void AllReduce(Tensor x) => Call(x, given => Sum(given, whole => whole), sum => x.copy_(sum!));

    public void ReduceScatter(Tensor x, IReadOnlyList<long> counts) =>
        Call(x, given => Sum(given, whole => Segment(whole, counts, Rank)), sum => Segment(x, counts, Rank).copy_(sum!));

    public void AllGather(Tensor x, IReadOnlyList<long> counts) => Call(x, given =>
    {
        for (var rank = 0; rank < Size; rank++)
            if (rank != Rank) Segment(x, counts, rank).copy_(Segment(given[rank], counts, rank));
        return null;
    });

    public void Broadcast(Tensor x, int root) => Call(x, given =>
    {
        if (Rank != root) x.copy_(given[root]);
        return null;
    });

    public void Barrier() => _meeting.Wait(Longest);

    public void Abort(string message) => _meeting.Fail(new InvalidOperationException(message));

    /// <summary>Shows all ranks' tensors to each other: reads, and when all have read, writes.</summary>
    private void Call(Tensor x, Func<Tensor[], Tensor?> read, Action<Tensor?>? write = null)
    {
        Assert.True(x.is_contiguous());
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        Traffic = (Traffic.calls + 1, Traffic.bytes + x.numel() * x.ElementSize);
        _meeting.Given[Rank] = x;
        Barrier();
        foreach (var other in _meeting.Given) Assert.Equal((x.dtype, x.numel()), (other.dtype, other.numel()));
        var result = read(_meeting.Given);
        Barrier();
        write?.Invoke(result);
    }

    private static Tensor Sum(Tensor[] given, Func<Tensor, Tensor> of)
    {
        var sum = of(given[0]).clone();
        foreach (var other in given.Skip(1)) sum.add_(of(other));
        return sum;
    }

    private static Tensor Segment(Tensor x, IReadOnlyList<long> counts, int rank)
    {
        Assert.Equal(x.numel(), counts.Sum());
        return x.narrow(0, counts.Take(rank).Sum(), counts[rank]);
    }

    /// <summary>Where the threads meet.</summary>
    private sealed class Meeting(int size) : IDisposable
    {
        private readonly Barrier _barrier = new(size);
        private readonly CancellationTokenSource _failed = new();
        private Exception? _failure;

        public Tensor[] Given { get; } = new Tensor[size];

        public Exception? Failure => _failure;

        public void Wait(TimeSpan longest)
        {
            if (!_barrier.SignalAndWait(longest, _failed.Token)) throw new TimeoutException("A rank stayed away.");
        }

        public void Fail(Exception e)
        {
            Interlocked.CompareExchange(ref _failure, e, null);
            _failed.Cancel();
        }

        public void Dispose()
        {
            _barrier.Dispose();
            _failed.Dispose();
        }
    }
}
