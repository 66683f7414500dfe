using Root.Optimizers.Core.Ranks;
using Root.Optimizers.Distributed;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Cuda;

/// <summary>Ranks on devices: their steps, and NCCL between them. A rank is a thread; over NCCL it has a device of its own.</summary>
public class RanksTests
{
    public static TheoryData<string, DeviceType> Everywhere =>
        [.. from kind in RankModel.Kinds from device in new[] { DeviceType.CPU, DeviceType.CUDA } select (kind, device)];

    private static string Trained(string kind, IProcessGroup? ranks, Device device) =>
        Trained(kind, ranks, device, RankModel.Gradients, _ => { });

    /// <summary>After some steps.</summary>
    /// <param name="kind">Of optimizer.</param>
    /// <param name="ranks">Null: alone.</param>
    /// <param name="device">Where parameters are.</param>
    /// <param name="make">Makes the gradients of a step on the host.</param>
    /// <param name="use">Does with them, on the device, what comes before the step.</param>
    private static string Trained(string kind, IProcessGroup? ranks, Device device, Action<Parameter[], int> make,
        Action<MatrixOptimizer> use)
    {
        var gradients = RankModel.Parameters();
        Parameter[] parameters = [.. gradients.Select(its => new Parameter(its.detach().to(device, copy: true)))];
        using var optimizer = RankModel.Make(kind, parameters, ranks);
        for (var step = 1; step <= 6; step++)
        {
            make(gradients, step);
            foreach (var (parameter, its) in parameters.Zip(gradients)) parameter.grad = its.grad?.to(device);
            use(optimizer);
            optimizer.step();
        }
        return RankModel.Hash(parameters.Select(its => new Parameter(its.detach().cpu())));
    }

    [Theory, MemberData(nameof(Everywhere))]
    public void Shared_steps_are_those_of_one_process(string kind, DeviceType type)
    {
        var device = TestDevice.OrSkip(type);
        var alone = Trained(kind, null, device);
        Assert.Equal([alone, alone], ThreadGroup.Run(2, group => Trained(kind, group, device)));
    }

    [Theory]
    [InlineData(DeviceType.CPU)]
    [InlineData(DeviceType.CUDA)]
    public void Gradients_are_averaged_and_clipped_where_they_are_stepped(DeviceType type)
    {
        var device = TestDevice.OrSkip(type);
        var alone = Trained("root", null, device, (parameters, step) => RankModel.MeanGradients(parameters, step, 2),
            optimizer => optimizer.ClipGradNorm(1));
        Assert.Equal([alone, alone], ThreadGroup.Run(2, group => Trained("root", group, device,
            (parameters, step) => RankModel.PartGradients(parameters, step, group.Rank, 2), optimizer =>
            {
                optimizer.AverageGradients();
                optimizer.ClipGradNorm(1);
            })));
    }

    /// <summary>Runs threads over NCCL. They cannot share a device: on its default stream one's call would wait for the other's.</summary>
    private static T[] OverNccl<T>(int ranks, Func<IProcessGroup, ThreadGroup, T> rank)
    {
        TestDevice.OrSkip(DeviceType.CUDA);
        Assert.SkipUnless(cuda.device_count() >= ranks, $"fewer than {ranks} CUDA devices");
        return ThreadGroup.Run(ranks, threads =>
        {
            T? result = default;
            ProcessGroup.OverNccl(threads, group => result = rank(group, threads), threads.Rank, TimeSpan.FromSeconds(60));
            return result!;
        });
    }

    private static Tensor Ones(IProcessGroup group, long count, ScalarType type = ScalarType.Float32) =>
        full(count, group.Rank + 1, dtype: type, device: new Device(DeviceType.CUDA, group.LocalRank));

    private static void Expect(double expected, Tensor x) =>
        Assert.All(x.cpu().to(float64).data<double>(), value => Assert.Equal(expected, value));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Collectives_over_NCCL_are_those_of_the_interface(int ranks) => OverNccl(ranks, (group, threads) =>
    {
        using var scope = NewDisposeScope();
        var (before, sum) = (threads.Traffic, ranks * (ranks + 1) / 2.0);
        Assert.Equal((threads.Rank, ranks), (group.Rank, group.Size));
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            var all = Ones(group, 1_000_003, type);
            group.AllReduce(all);
            Expect(sum, all);
        }
        long[] counts = [5, .. Enumerable.Repeat(8L, ranks - 1)];
        var own = counts.Take(group.Rank).Sum();
        var scattered = Ones(group, counts.Sum());
        group.ReduceScatter(scattered, counts);
        Expect(sum, scattered.narrow(0, own, counts[group.Rank]));
        foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float16, ScalarType.Int64, ScalarType.Byte })
        {
            var gathered = Ones(group, counts.Sum(), type);
            group.AllGather(gathered, counts);
            for (var (rank, start) = (0, 0L); rank < ranks; start += counts[rank++])
                Expect(rank + 1, gathered.narrow(0, start, counts[rank]));
            var sent = Ones(group, 7, type);
            group.Broadcast(sent, ranks - 1);
            Expect(ranks, sent);
        }
        group.AllReduce(Ones(group, 0));
        Assert.Equal(before, threads.Traffic);
        group.Barrier();
        return 0;
    });

    [Fact]
    public void Calls_over_NCCL_keep_their_place_among_what_the_device_does() => OverNccl(1, (group, _) =>
    {
        using var scope = NewDisposeScope();
        // Far more work than the host takes to queue it, and memory that is released while calls on it may still wait.
        var x = eye(2048, device: CUDA);
        for (var i = 0; i < 100; i++)
        {
            using var inner = NewDisposeScope();
            var next = x.matmul(x).mul(2);
            group.AllReduce(next);
            group.Broadcast(next, 0);
            x.copy_(next.div(2));
        }
        Close.Exactly(eye(2048), x.cpu());
        return 0;
    });

    [Fact]
    public void Tensors_on_the_host_go_over_the_group_below() => OverNccl(1, (group, threads) =>
    {
        using var x = ones(3);
        group.AllReduce(x);
        group.Broadcast(x, 0);
        group.AllGather(x, [3]);
        group.ReduceScatter(x, [3]);
        Assert.Equal((4 + 1, 4 * 12 + 128), threads.Traffic); // and NCCL's id
        return 0;
    });

    [Fact]
    public void Parameters_are_gathered_over_NCCL() => OverNccl(1, (group, _) =>
    {
        Parameter[] parameters = [.. RankModel.Parameters().Select(its => new Parameter(its.detach().to(CUDA, copy: true)))];
        using var optimizer = RankModel.Make("root", parameters);
        foreach (var parameter in parameters) parameter.grad = ones_like(parameter);
        var shards = new Shards(group);
        shards.Plan(optimizer.Groups);
        optimizer.step();
        var before = RankModel.Hash(parameters.Select(its => new Parameter(its.detach().cpu())));
        foreach (var slot in optimizer.Slots) slot.IsSteppedElsewhere = true;
        using (no_grad()) shards.Gather(optimizer.Slots);
        SameModel.Broadcast(group, optimizer.Slots);
        Assert.Equal(before, RankModel.Hash(parameters.Select(its => new Parameter(its.detach().cpu()))));
        return 0;
    });

    [Fact]
    public void What_NCCL_does_not_sum_and_what_does_not_lie_in_one_piece_are_refused() => OverNccl(1, (group, _) =>
    {
        using var x = ones(4, dtype: ScalarType.Int64, device: CUDA);
        Assert.Contains("float32 and float64", Assert.Throws<ArgumentException>(() => group.AllReduce(x)).Message);
        using var turned = ones(4, 2, device: CUDA).t();
        Assert.Contains("contiguous", Assert.Throws<ArgumentException>(() => group.AllReduce(turned)).Message);
        return 0;
    });

    [Fact]
    public void A_program_that_throws_is_aborted_and_throws() => Assert.Contains("a test", Assert.Throws<AggregateException>(
        () => OverNccl<int>(1, (_, _) => throw new InvalidDataException("a test"))).Message);

    [Theory]
    [InlineData("root")]
    [InlineData("root, bfloat16")]
    public void Steps_shared_over_NCCL_are_those_of_one_process(string kind) => Assert.Single(OverNccl(2, (group, _) =>
    {
        var device = new Device(DeviceType.CUDA, group.LocalRank);
        return (Trained(kind, group, device), Trained(kind, null, device));
    }).SelectMany(its => new[] { its.Item1, its.Item2 }).Distinct());

    [Fact]
    public void Without_a_device_NCCL_is_refused()
    {
        Assert.SkipWhen(cuda.is_available(), "there is a CUDA device");
        Assert.Contains("NCCL needs a CUDA device", Assert.Throws<AggregateException>(() => ThreadGroup.Run(1, group =>
        {
            ProcessGroup.OverNccl(group, _ => Assert.Fail("It ran."));
            return 0;
        })).Message);
    }
}
