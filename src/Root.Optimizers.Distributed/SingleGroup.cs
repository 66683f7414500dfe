using static TorchSharp.torch;

namespace Root.Optimizers.Distributed;

/// <summary>A process by itself: it has what it is asked for.</summary>
internal sealed class SingleGroup : IProcessGroup
{
    public int Rank => 0;

    public int Size => 1;

    public int LocalRank => 0;

    public void AllReduce(Tensor x)
    {
    }

    public void ReduceScatter(Tensor x, IReadOnlyList<long> counts) => Arguments.CheckSegments(x, counts, Size);

    public void AllGather(Tensor x, IReadOnlyList<long> counts) => Arguments.CheckSegments(x, counts, Size);

    public void Broadcast(Tensor x, int root) => Arguments.CheckRoot(x, root, Size);

    public void Barrier()
    {
    }

    public void Abort(string message)
    {
        Console.Error.WriteLine(message);
        Environment.Exit(1);
    }
}
