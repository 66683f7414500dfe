using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Scale;

/// <summary>
/// A group that counts: the seconds in its calls, and the bytes that a rank sends in a ring. Short messages, which are bytes, come where
/// ranks wait for each other; they are counted apart from what moves tensors.
/// </summary>
internal sealed class CountingGroup(IProcessGroup group) : IProcessGroup
{
    /// <summary>In messages, waiting for the slowest rank included.</summary>
    public double MessageSeconds { get; private set; }

    /// <summary>In calls that move tensors.</summary>
    public double Seconds { get; private set; }

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
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (x.dtype == ScalarType.Byte) MessageSeconds += seconds;
        else Seconds += seconds;
        Bytes += rounds * (Size - 1.0) / Size * x.numel() * x.ElementSize;
    }
}
