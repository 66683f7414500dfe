using Root.Optimizers.Core;
using Root.Optimizers.Core.Ranks;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core.Ranks;

/// <summary>A step that ranks share is the step of one process, to the bit; what one rank refuses, all refuse.</summary>
public class ShardedStepTests
{
    private const int Steps = 50;

    public static TheoryData<string> Kinds => [.. RankModel.Kinds];

    private static string Trained(string kind, IProcessGroup? ranks, int steps = Steps, long? mostGathered = null)
    {
        var parameters = RankModel.Parameters();
        using var optimizer = RankModel.Make(kind, parameters, ranks);
        if (mostGathered is { } most) optimizer.Shards!.MostGathered = most;
        for (var step = 1; step <= steps; step++)
        {
            RankModel.Gradients(parameters, step);
            optimizer.step();
        }
        return RankModel.Hash(parameters);
    }

    [Theory, Slow]
    [MemberData(nameof(Kinds))]
    public void Parameters_are_those_of_one_process_on_any_number_of_ranks(string kind)
    {
        var alone = Trained(kind, null);
        foreach (var size in new[] { 1, 2, 3, 4 })
            Assert.Equal(Enumerable.Repeat(alone, size), ThreadGroup.Run(size, group => Trained(kind, group)));
    }

    [Fact]
    public void Parameters_are_gathered_in_as_many_calls_as_memory_asks_for()
    {
        var alone = Trained("root", null, steps: 2);
        foreach (var most in new[] { 999, 2_000, 10_000 })
            Assert.Equal([alone, alone, alone], ThreadGroup.Run(3, group => Trained("root", group, steps: 2, most)));
    }

    [Fact]
    public void Every_entry_of_the_state_is_kept_by_one_rank_and_each_sends_as_much()
    {
        static (long kept, double sent)[] Shares(IProcessGroup? ranks)
        {
            using var optimizer = RankModel.Make("root", RankModel.Parameters(), ranks);
            return [.. optimizer.Slots.Select(slot => (slot.Kept.Kept.Sum(buffer => buffer.tensor.numel()),
                (double)slot.Parameter.ElementSize * slot.Pieces.Where(its => its.Rank == ranks?.Rank).Sum(its => its.Length)))];
        }
        var alone = Shares(null).Select(slot => slot.kept).ToArray();
        foreach (var size in new[] { 2, 3, 4 })
        {
            var ranks = ThreadGroup.Run(size, Shares);
            Assert.Equal(alone, alone.Select((_, slot) => ranks.Sum(its => its[slot].kept)));
            var sent = ranks.Select(its => its.Sum(slot => slot.sent)).ToArray();
            Assert.InRange(sent.Max() / sent.Average(), 1, 1.001); // observed 1.0001: a table is cut between two entries
        }
    }

    [Fact]
    public void State_that_another_rank_keeps_is_not_to_be_had()
    {
        ThreadGroup.Run(2, group =>
        {
            using var optimizer = RankModel.Make("root", RankModel.Parameters(), group);
            var other = optimizer.Slots.OfType<MatrixSlot>().First(slot => !slot.IsOwn);
            Assert.Contains("Another rank", Assert.Throws<InvalidOperationException>(() => other.State.momentum_buffer).Message);
            return 0;
        });
    }

    [Theory]
    [InlineData("root")]
    [InlineData("manifold")]
    public void Steps_leave_as_many_tensors_as_one(string kind)
    {
        ThreadGroup.Run(2, group =>
        {
            var parameters = RankModel.Parameters();
            using var optimizer = RankModel.Make(kind, parameters, group);
            void Step(int step)
            {
                RankModel.Gradients(parameters, step);
                optimizer.step();
            }
            for (var step = 1; step <= 6; step++) Step(step);
            var before = LiveTensors.Count;
            for (var step = 1; step <= 6; step++) Step(step);
            Assert.Equal(before, LiveTensors.Count);
            return 0;
        });
    }

    [Fact]
    public void Other_weights_become_those_of_rank_0_and_frozen_ones_stay()
    {
        var alone = Run(null);
        Assert.Equal([alone, alone, alone], ThreadGroup.Run(3, Run));

        static string Run(IProcessGroup? group)
        {
            var parameters = RankModel.Parameters(seed: 1 + (group?.Rank ?? 0));
            using var optimizer = RankModel.Make("root", parameters, group);
            RankModel.Gradients(parameters, 1);
            parameters[0].requires_grad = parameters[9].requires_grad = false;
            var before = RankModel.Hash([parameters[0], parameters[9]]);
            optimizer.step();
            Assert.Equal(before, RankModel.Hash([parameters[0], parameters[9]]));
            return RankModel.Hash(parameters);
        }
    }

    /// <summary>Two matrices and a table that is cut, on two ranks: the first matrix is rank 0's, the second rank 1's.</summary>
    private static Muon Two(Parameter[] parameters, IProcessGroup group, Muon.Options? options = null) =>
        new([.. new[] { "first.weight", "second.weight", "embed.weight" }.Zip(parameters)], options, group);

    private static Parameter[] TwoParameters() =>
        [new(ones(20, 20)), new(ones(18, 18)), new(ones(1000, 10))];

    private static void Gradients(Parameter[] parameters)
    {
        foreach (var parameter in parameters) parameter.grad = ones_like(parameter);
    }

    /// <summary>Spoils something on one of two ranks, and expects both to refuse a step, with nothing changed, and to go on when it is
    /// mended.</summary>
    /// <returns>What each of them said.</returns>
    private static string[] Refused<TException>(Action<Parameter[], Muon> spoil, int rank, Func<Tensor>? closure = null)
        where TException : Exception => ThreadGroup.Run(2, group =>
    {
        var parameters = TwoParameters();
        using var optimizer = Two(parameters, group);
        Gradients(parameters);
        if (group.Rank == rank) spoil(parameters, optimizer);
        var before = RankModel.Hash(parameters);
        var message = Assert.Throws<TException>(() => optimizer.step(group.Rank == rank ? closure : null)).Message;
        Assert.Equal(before, RankModel.Hash(parameters));
        Assert.All(optimizer.Slots, slot => Assert.Equal(0, slot.Kept.step));
        optimizer.ParamGroups.First().LearningRate = 0.1;
        Gradients(parameters);
        optimizer.step();
        Assert.NotEqual(before, RankModel.Hash(parameters));
        return message;
    });

    [Fact]
    public void A_gradient_that_is_not_finite_is_refused_on_all_ranks()
    {
        var messages = Refused<NotFiniteNumberException>((p, _) => p[1].grad = full_like(p[1], float.NaN), rank: 1);
        Assert.StartsWith("Rank 1: The gradient of 'second.weight'", messages[0]);
        Assert.StartsWith("The gradient of 'second.weight'", messages[1]);
    }

    [Fact]
    public void An_option_out_of_range_on_one_rank_is_refused_on_all() =>
        Assert.All(Refused<ArgumentException>((_, o) => o.ParamGroups.First().LearningRate = -1, rank: 0),
            message => Assert.Contains("LearningRate is -1", message));

    [Fact]
    public void Options_that_drift_apart_are_refused_on_all_ranks() =>
        Assert.All(Refused<InvalidOperationException>((_, o) => o.ParamGroups.First().LearningRate = 0.5, rank: 1),
            message => Assert.Contains("Rank 1: group 0, LearningRate 0.5.", message));

    [Fact]
    public void A_closure_is_refused_on_all_ranks() =>
        Assert.All(Refused<InvalidOperationException>((_, _) => { }, rank: 1, () => throw new InvalidDataException("It ran.")),
            message => Assert.Contains("takes no closure", message));

    [Fact]
    public void A_gradient_that_is_missing_where_it_is_needed_is_refused_on_all_ranks() =>
        Assert.All(Refused<InvalidOperationException>((p, _) => p[0].grad = null, rank: 0), message => Assert.StartsWith(
            "'first.weight' of shape (20, 20) has a gradient on rank 1 and none on rank 0, which steps it.", message));

    [Fact]
    public void A_gradient_that_is_missing_where_it_is_not_needed_is_not_missed()
    {
        var hashes = ThreadGroup.Run(2, group =>
        {
            var parameters = TwoParameters();
            using var optimizer = Two(parameters, group);
            Gradients(parameters);
            if (group.Rank == 1) parameters[0].grad = null;
            var before = RankModel.Hash(parameters[..1]);
            optimizer.step();
            Assert.NotEqual(before, RankModel.Hash(parameters[..1]));
            return RankModel.Hash(parameters);
        });
        Assert.Equal(hashes[0], hashes[1]);
    }

    [Fact]
    public void A_parameter_that_one_rank_skips_is_skipped_on_all()
    {
        ThreadGroup.Run(2, group =>
        {
            var parameters = TwoParameters();
            using var optimizer = Two(parameters, group, new() { non_finite = NonFinite.Skip });
            Gradients(parameters);
            // The last entry of the table is rank 1's.
            parameters[2].grad![-1, -1] = float.NaN;
            optimizer.step();
            Assert.Equal([1, 1, 0], optimizer.Slots.Select(slot => slot.Kept.step));
            Close.Exactly(ones(1000, 10), parameters[2]);
            return 0;
        });
    }

    private sealed class Failing : IStepObserver
    {
        public void OnMatrix(MatrixPart part, long step, Tensor momentum, Tensor update) => throw new TimeoutException("It is late.");
    }

    [Fact]
    public void What_fails_in_the_midst_on_one_rank_fails_on_all()
    {
        var failures = ThreadGroup.Run(2, group =>
        {
            var parameters = TwoParameters();
            using var optimizer = Two(parameters, group);
            Gradients(parameters);
            if (group.Rank == 0) optimizer.Observer = new Failing();
            return Assert.Throws<InterruptedStepException>(() => optimizer.step());
        });
        Assert.Contains("in the midst: It is late.", failures[0].Message);
        Assert.Contains("in the midst: Rank 0: It is late.", failures[1].Message);
        Assert.Equal(["second.weight", "embed.weight"], failures[1].Moved.Select(parameter => parameter.Name));
    }

    /// <summary>On two ranks.</summary>
    private static string[] OnManifold(Action<ManifoldMuon, Parameter, int> use, bool initialize) => ThreadGroup.Run(2, group =>
    {
        using var weight = new Parameter(eye(6, 4));
        using var optimizer = new ManifoldMuon([("a.weight", weight)], 0.1, new() { initialize = initialize }, group);
        use(optimizer, weight, group.Rank);
        weight.grad = ones_like(weight);
        var message = Assert.ThrowsAny<Exception>(() => optimizer.step()).Message;
        Assert.Equal(0, optimizer.Slots.Single().Kept.step);
        return message;
    });

    [Fact]
    public void A_weight_that_one_rank_has_off_its_manifold_is_refused_on_all()
    {
        var messages = OnManifold((_, weight, rank) =>
        {
            using var grad = no_grad();
            if (rank == 1) weight.fill_(1);
        }, initialize: false);
        Assert.StartsWith("'a.weight' of shape (6, 4) is ", messages[1]);
        Assert.StartsWith("Rank 1: 'a.weight' of shape (6, 4) is ", messages[0]);
    }

    [Fact]
    public void A_handler_that_throws_on_one_rank_ends_the_step_of_all()
    {
        var messages = OnManifold((optimizer, weight, rank) =>
        {
            using var grad = no_grad();
            weight.fill_(1);
            if (rank == 0) optimizer.WeightMoved += _ => throw new TimeoutException("It is late.");
        }, initialize: true);
        Assert.Equal(["It is late.", "Rank 0: It is late."], messages);
    }

    [Fact]
    public void A_handler_that_throws_on_one_rank_keeps_a_group_from_being_added_on_all()
    {
        var messages = ThreadGroup.Run(2, group =>
        {
            using var optimizer = new ManifoldMuon([("a.weight", new Parameter(eye(6, 4)))], 0.1, process_group: group);
            if (group.Rank == 1) optimizer.WeightMoved += _ => throw new TimeoutException("It is late.");
            var message = Assert.ThrowsAny<Exception>(() =>
                optimizer.add_param_group(new ManifoldMuon.ParamGroup([("b.weight", new Parameter(ones(6, 4)))]))).Message;
            var alone = Assert.Single(optimizer.Slots);
            alone.Parameter.grad = ones_like(alone.Parameter);
            optimizer.step();
            return message;
        });
        Assert.Equal(["Rank 1: It is late.", "It is late."], messages);
    }

    [Fact]
    public void Another_model_on_one_rank_is_refused_on_all_with_the_first_difference()
    {
        static string[] Made(Func<Parameter[], IProcessGroup, MatrixOptimizer> make, Action<Parameter[]> spoil) =>
            ThreadGroup.Run(3, group =>
            {
                var parameters = TwoParameters();
                if (group.Rank == 2) spoil(parameters);
                return Assert.Throws<InvalidOperationException>(() => make(parameters, group)).Message;
            });
        Assert.All(Made((p, group) => Two(p, group), p => p[1] = new(ones(18, 17))),
            message => Assert.Matches("Rank 2 trains .*'second.weight' of shape \\(18, 18\\).* Rank 2: .*\\(18, 17\\)", message));
        Assert.All(Made((p, group) => Two(p, group, new() { nesterov = group.Rank != 2 }), _ => { }),
            message => Assert.Contains("Rank 0: group 0, nesterov true. Rank 2: group 0, nesterov false.", message));
        Assert.All(Made((p, group) => Two(p, group, new() { split = group.Rank + 1 == 3 ? 2 : 1 }), _ => { }),
            message => Assert.Contains("2 of 10x20", message));
        Assert.All(Made((p, group) => Two(p, group, new() { state_precision = group.Rank == 2 ? Precision.BFloat16 : Precision.Float32 }),
            _ => { }), message => Assert.Matches("Rank 2: .*'first.weight'.* momentum_buffer in BFloat16", message));
        Assert.All(Made((p, group) => group.Rank < 2 ? Two(p, group) : new Muon(p, process_group: group), _ => { }),
            message => Assert.Contains("Rank 2 trains something else", message));
    }

    [Fact]
    public void Another_plan_on_one_rank_is_refused_on_all()
    {
        // Without memory, where the size of a batch, and so what is shared out as one, follows from the option.
        var messages = ThreadGroup.Run(2, group => Assert.Throws<InvalidOperationException>(() => new Muon(
            [.. new[] { "a.weight", "b.weight" }.Select(name => (name, new Parameter(empty(8, 8, device: META))))],
            new() { workspace_bytes = group.Rank == 1 ? 1 : 1 << 20 }, group)).Message);
        Assert.All(messages, message => Assert.Contains("Rank 0: 'b.weight' of shape (8, 8), kept as 64 on rank 0. "
            + "Rank 1: 'b.weight' of shape (8, 8), kept as 64 on rank 1.", message));
    }

    [Fact]
    public void A_group_that_is_refused_leaves_the_plan_as_it_was()
    {
        Assert.Equal(Owners(refused: false), Owners(refused: true));

        static int[] Owners(bool refused) => ThreadGroup.Run(2, group =>
        {
            using var optimizer = new ManifoldMuon([("a.weight", new Parameter(eye(6, 4)))], 0.1, new() { initialize = false }, group);
            if (refused) Assert.Throws<ArgumentException>(() => Add(ones(60, 40)));
            Add(eye(6, 4));
            Add(eye(6, 4));
            return optimizer.Slots.Select(slot => slot.Pieces.Single().Rank).ToArray();

            void Add(Tensor weight) => optimizer.add_param_group(new ManifoldMuon.ParamGroup([new Parameter(weight)]));
        })[1];
    }

    [Fact]
    public void A_constructor_that_refuses_on_one_rank_refuses_on_all()
    {
        var messages = ThreadGroup.Run(2, group => Assert.Throws<ArgumentException>(() =>
            Two(TwoParameters(), group, new() { momentum = group.Rank == 0 ? 0.9 : 2 })).Message);
        Assert.Equal("momentum is 2; it must be at least 0 and at most 1. (Parameter 'momentum')", messages[1]);
        Assert.StartsWith("Rank 1: momentum is 2", messages[0]);
    }
}
