using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Scale;

/// <summary>
/// A group that counts: the bytes that a rank sends in a ring, and the seconds in short messages, which are bytes, and in which ranks wait
/// for each other.
/// </summary>
internal sealed class CountingGroup(IProcessGroup group) : IProcessGroup
{
    /// <summary>In messages, waiting for the slowest rank included.</summary>
    public double MessageSeconds { get; private set; }

    /// <summary>When the last message had come, as a timestamp.</summary>
    public long LastMessage { get; private set; }

    public double Bytes { get; private set; }

    public int Rank => group.Rank;

    public int Size => group.Size;

    public int LocalRank => group.LocalRank;

    public void AllReduce(Tensor x) => Count(2, x, () => group.AllReduce(x));

    public void ReduceScatter(Tensor x, IReadOnlyList<long> counts) => Count(1, x, () => group.ReduceScatter(x, counts));

    public void AllGather(Tensor x, IReadOnlyList<long> counts) => Count(1, x, () => group.AllGather(x, counts));

    public void Broadcast(Tensor x, int root) => Count(1, x, () => group.Broadcast(x, root));

    public void Barrier() => group.Barrier();

    public void Abort(string message) => group.Abort(message);

    private void Count(int rounds, Tensor x, Action call)
    {
        var start = Stopwatch.GetTimestamp();
        call();
        if (x.dtype == ScalarType.Byte)
        {
            LastMessage = Stopwatch.GetTimestamp();
            MessageSeconds += Stopwatch.GetElapsedTime(start, LastMessage).TotalSeconds;
        }
        Bytes += rounds * (Size - 1.0) / Size * x.numel() * x.ElementSize;
    }
}
