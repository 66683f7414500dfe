using System.Diagnostics;
using System.Runtime.InteropServices;
using Root.Optimizers;
using Root.Optimizers.Distributed;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

// SCENARIO [ARGUMENT...]: what the tests of mpirun start. Results are lines of the output; the exit code is the program's.
var (scenario, arguments) = (args[0], args[1..]);
return ProcessGroup.Run(Scenario(scenario), TimeSpan.FromSeconds(scenario == "freeze" ? 3 : 120));

Action<IProcessGroup> Scenario(string name) => name switch
{
    "train" => group =>
    {
        foreach (var kind in RankModel.Kinds)
            Console.WriteLine($"hash {kind} {Trained(group, kind, from: 1, to: int.Parse(arguments[0]), _ => { }, _ => { })}");
    },
    "save" => group => Trained(group, arguments[0], from: 1, to: 3, _ => { }, optimizer => optimizer.Save(arguments[1])),
    "resume" => group =>
        Console.WriteLine($"hash {Trained(group, arguments[0], from: 4, to: 6, optimizer => optimizer.Load(arguments[1]), _ => { })}"),
    "average" => Average,
    "own" => Own,
    "collectives" => Collectives,
    "kill" => group => Fail(group, () => Process.GetCurrentProcess().Kill()),
    "freeze" => group => Fail(group, () => _ = kill(Environment.ProcessId, signal: 19)),
    "throw" => group => Fail(group, () => throw new InvalidDataException("a scenario")),
    "exit" => group => Fail(group, () => Environment.Exit(3)),
    "early" => group => { if (group.Rank != 1) group.Barrier(); },
    "model" => group =>
    {
        using var optimizer = new Muon([("a.weight", new Parameter(ones(4 + group.Rank, 4)))], process_group: group);
    },
    "segments" => group => group.AllGather(zeros(3), group.Rank == 0 ? [1, 2] : [2, 1]),
    "root" => group => group.Broadcast(zeros(3), root: group.Rank),
    "sum" => group => group.AllGather(zeros(3), [1, 1]),
    "null" => group =>
    {
        group.Barrier();
        try { _ = ((string)null!).Length; }
        catch (NullReferenceException) { Console.WriteLine("caught"); }
        group.Barrier();
    },
    _ => throw new ArgumentException(name),
};

string Trained(IProcessGroup group, string kind, int from, int to, Action<MatrixOptimizer> before, Action<MatrixOptimizer> after)
{
    // A resumed run has the weights of step 3 of a run by itself.
    var parameters = RankModel.Parameters();
    if (from > 1)
        using (var alone = RankModel.Make(kind, parameters))
            Train(alone, parameters, 1, from - 1);
    using var optimizer = RankModel.Make(kind, parameters, group);
    before(optimizer);
    Train(optimizer, parameters, from, to);
    after(optimizer);
    return RankModel.Hash(parameters);
}

static void Train(MatrixOptimizer optimizer, Parameter[] parameters, int from, int to)
{
    for (var step = from; step <= to; step++)
    {
        RankModel.Gradients(parameters, step);
        optimizer.step();
    }
}

// Every rank has gradients of its own, and one of them lacks some.
static void Average(IProcessGroup group)
{
    var parameters = RankModel.Parameters();
    using var optimizer = RankModel.Make("root", parameters, group);
    for (var step = 1; step <= 3; step++)
    {
        RankModel.Gradients(parameters, step * group.Size + group.Rank);
        foreach (var parameter in parameters) parameter.grad = parameter.grad?.clone();
        if (group.Rank == 0) parameters[3].grad = null;
        parameters[4].grad = null;
        group.AverageGradients(parameters);
        if (parameters[4].grad is not null || parameters[3].grad is null) throw new InvalidDataException("missing gradients");
        optimizer.step();
    }
    using var mean = new Parameter(zeros(3));
    mean.grad = full(3, group.Rank + 1.0f);
    group.AverageGradients([mean]);
    Console.WriteLine($"mean {mean.grad!.data<float>()[0]}");
    Console.WriteLine($"hash {RankModel.Hash(parameters)}");
    Console.WriteLine($"shard {string.Join(",", group.Shard([0, 1, 2, 3, 4, 5, 6]))}");
}

// As above, and each rank gets what it steps.
static void Own(IProcessGroup group)
{
    var parameters = RankModel.Parameters();
    using var optimizer = RankModel.Make("root", parameters, group);
    for (var step = 1; step <= 6; step++)
    {
        RankModel.PartGradients(parameters, step, group.Rank, group.Size);
        optimizer.AverageGradients();
        Console.WriteLine($"norm {step} {optimizer.ClipGradNorm(1):r}");
        optimizer.step();
    }
    Console.WriteLine($"hash {RankModel.Hash(parameters)}");
}

static void Collectives(IProcessGroup group)
{
    var size = group.Size;
    long[] counts = [.. Enumerable.Range(0, size).Select(rank => (long)(rank == 1 ? 0 : 2 * rank + 1))];
    var sum = full(3, group.Rank + 1.0, dtype: ScalarType.Float64);
    group.AllReduce(sum);
    Expect(size * (size + 1) / 2.0, sum);
    var gathered = full(counts.Sum(), group.Rank, dtype: ScalarType.BFloat16);
    group.AllGather(gathered, counts);
    for (var (rank, start) = (0, 0L); rank < size; start += counts[rank++]) Expect(rank, gathered.narrow(0, start, counts[rank]));
    var own = full(counts.Sum(), group.Rank + 1.0f);
    group.ReduceScatter(own, counts);
    Expect(size * (size + 1) / 2.0, own.narrow(0, counts.Take(group.Rank).Sum(), counts[group.Rank]));
    var root = full(2, group.Rank, dtype: ScalarType.Byte);
    group.Broadcast(root, size - 1);
    Expect(size - 1, root);
    Console.WriteLine($"rank {group.Rank} of {size}, {group.LocalRank} here");

    static void Expect(double expected, Tensor x)
    {
        if (x.to(ScalarType.Float64).data<double>().Any(value => value != expected))
            throw new InvalidDataException($"{x} is not {expected}.");
    }
}

static void Fail(IProcessGroup group, Action fail)
{
    group.Barrier();
    if (group.Rank == 1) fail();
    group.Barrier();
    group.AllReduce(zeros(10));
}

[DllImport("libc")]
static extern int kill(int process, int signal);
