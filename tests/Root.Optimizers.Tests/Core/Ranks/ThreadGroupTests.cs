using Root.Optimizers.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core.Ranks;

/// <summary>The group of threads keeps what <see cref="IProcessGroup"/> promises: the tests of the sharded step stand on it.</summary>
public class ThreadGroupTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Its_collectives_are_those_of_the_interface(int size)
    {
        var counts = Enumerable.Range(0, size).Select(rank => (long)(rank == 1 ? 0 : 2 * rank + 1)).ToArray();
        var segments = counts.SelectMany((count, rank) => Enumerable.Repeat((double)rank, (int)count)).ToArray();
        ThreadGroup.Run(size, group =>
        {
            using var scope = NewDisposeScope();
            using var sum = full(3, group.Rank + 1.0, dtype: ScalarType.Float64);
            group.AllReduce(sum);
            Assert.Equal(Enumerable.Repeat(size * (size + 1) / 2.0, 3), sum.data<double>().ToArray());
            using var gathered = full(counts.Sum(), group.Rank, dtype: ScalarType.BFloat16);
            group.AllGather(gathered, counts);
            Assert.Equal(segments, gathered.to(ScalarType.Float64).data<double>().ToArray());
            using var own = full(counts.Sum(), group.Rank + 1.0);
            group.ReduceScatter(own, counts);
            using var segment = own.narrow(0, counts.Take(group.Rank).Sum(), counts[group.Rank]);
            Assert.Equal(Enumerable.Repeat(size * (size + 1) / 2f, (int)counts[group.Rank]), segment.data<float>().ToArray());
            using var root = full(2, group.Rank, dtype: ScalarType.Byte);
            group.Broadcast(root, size - 1);
            Assert.Equal([(byte)(size - 1), (byte)(size - 1)], root.data<byte>().ToArray());
            group.Barrier();
            return 0;
        });
    }

    [Fact]
    public void A_rank_that_fails_ends_the_calls_of_the_others()
    {
        var failure = Assert.Throws<AggregateException>(() => ThreadGroup.Run(3, group =>
        {
            if (group.Rank == 1) throw new InvalidDataException("rank 1");
            group.Barrier();
            return 0;
        }));
        Assert.IsType<InvalidDataException>(failure.InnerException);
    }
}
