using static TorchSharp.torch;

namespace Root.Optimizers.Distributed.Tests;

/// <summary>A program that no launcher has started, and what its calls refuse.</summary>
public class SingleGroupTests
{
    private static void Run(Action<IProcessGroup> program) => Assert.Equal(0, ProcessGroup.Run(program));

    [Fact]
    public void Segments_that_are_not_those_of_the_tensor_are_refused() => Run(group =>
    {
        using var x = zeros(3);
        foreach (var counts in new long[][] { [2], [4], [-3], [], [3, 0] })
        {
            Assert.Equal("counts", Assert.Throws<ArgumentException>(() => group.AllGather(x, counts)).ParamName);
            Assert.Equal("counts", Assert.Throws<ArgumentException>(() => group.ReduceScatter(x, counts)).ParamName);
        }
        using var matrix = zeros(3, 1);
        Assert.Equal("x", Assert.Throws<ArgumentException>(() => group.AllGather(matrix, [3])).ParamName);
        group.AllGather(x, [3]);
    });

    [Fact]
    public void Segments_of_more_bytes_than_MPI_counts_are_refused() => Run(group =>
    {
        // Without memory.
        using var x = empty(1L << 28, dtype: ScalarType.Float64, device: META);
        Assert.Contains("2147483647 bytes", Assert.Throws<ArgumentException>(() => group.AllGather(x, [1L << 28])).Message);
        using var less = empty((1L << 28) - 1, dtype: ScalarType.Float64, device: META);
        group.AllGather(less, [(1L << 28) - 1]);
    });

    [Fact]
    public void A_root_that_is_no_rank_is_refused() => Run(group =>
    {
        using var x = zeros(3);
        foreach (var root in new[] { -1, 1 }) Assert.Throws<ArgumentOutOfRangeException>(() => group.Broadcast(x, root));
    });

    [Fact]
    public void A_time_limit_that_no_timer_has_is_refused()
    {
        foreach (var limit in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(-1), Timeout.InfiniteTimeSpan, TimeSpan.MaxValue })
            Assert.Equal("timeLimit", Assert.Throws<ArgumentOutOfRangeException>(() =>
                ProcessGroup.Run(_ => Assert.Fail("It ran."), limit)).ParamName);
    }

    [Fact]
    public void Shards_of_nothing_are_refused_at_once() =>
        Run(group => Assert.Throws<ArgumentNullException>(() => group.Shard<int>(null!)));
}
