using Root.Optimizers.Core.Ranks;

namespace Root.Optimizers.Benchmarks.Scale;

/// <summary>What a step over ranks takes, from what a rank multiplies and sends.</summary>
/// <param name="Name">Of the machine.</param>
/// <param name="FlopsPerSecond">Of a rank's matrix products.</param>
/// <param name="BytesPerSecond">That a rank sends.</param>
/// <param name="Latency">Seconds that a call takes by itself.</param>
/// <param name="EntryBytes">Of a parameter and of its gradient.</param>
internal sealed record ScaleModel(string Name, double FlopsPerSecond, double BytesPerSecond, double Latency, int EntryBytes)
{
    /// <summary>Newton-Schulz steps that are counted.</summary>
    private const int NewtonSchulzSteps = 4;

    /// <summary>Products of the orthogonalization of all matrices.</summary>
    public double Replicated(ShardPlan plan) => NewtonSchulzSteps * plan.Costs.Sum() / FlopsPerSecond;

    /// <summary>Of those of the rank that has the most.</summary>
    public double Owned(ShardPlan plan) => NewtonSchulzSteps * plan.Costs.Max() / FlopsPerSecond;

    /// <summary>Gradients summed on all ranks in a ring: 2 (N - 1)/N P b bytes.</summary>
    public double Reduce(ShardPlan plan) => Sent(plan, 2 * (plan.Bytes.Count - 1.0) / plan.Bytes.Count * plan.Bytes.Sum());

    /// <summary>Gradients summed where they are used, in a ring, which pays its largest block N - 1 times: (N - 1)/N P b bytes where all
    /// are equal.</summary>
    public double ReduceToOwners(ShardPlan plan) => LargestBlock(plan);

    /// <summary>Parameters gathered in a ring, likewise.</summary>
    public double Gather(ShardPlan plan) => LargestBlock(plan);

    /// <summary>Forward and backward: 6 operations a parameter and token.</summary>
    public double Training(ShardPlan plan, double tokens) =>
        6 * plan.Bytes.Sum() / EntryBytes * tokens / plan.Bytes.Count / FlopsPerSecond;

    private double LargestBlock(ShardPlan plan) => Sent(plan, (plan.Bytes.Count - 1.0) * plan.Bytes.Max());

    private double Sent(ShardPlan plan, double bytes) => plan.Bytes.Count == 1 ? 0 : Latency + bytes / BytesPerSecond;
}
