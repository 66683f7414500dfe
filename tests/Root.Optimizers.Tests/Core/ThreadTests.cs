using Root.Optimizers.AdaNewton;
using Root.Optimizers.Core;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>Several threads: disjoint models do not meet, and one optimizer is of one thread at a time.</summary>
public class ThreadTests
{
    private static Parameter[] Parameters() =>
        [Models.Parameter(12, 20), Models.Parameter(12, 20), Models.Parameter(20, 12), Models.Parameter(8, 3, 3, 3), Models.Parameter(20)];

    private static readonly Dictionary<string, Func<Parameter[], MatrixOptimizer>> Optimizers = new()
    {
        ["root"] = p => new RootOptimizer(p, lr: 0.01, new() { cautious = true }),
        ["muon"] = p => new Muon(p, lr: 0.01),
        ["manifold"] = p => new ManifoldMuon(p, lr: 0.01, new() { momentum = 0.9 }),
        ["spheres"] = p => new HypersphericalDescent(p, lr: 0.01),
    };

    /// <summary>The parameters after some steps with gradients made beforehand: the seed is of all threads.</summary>
    private static Tensor[] Trained(Func<Parameter[], MatrixOptimizer> make, Parameter[] parameters, Tensor[][] gradients)
    {
        using var optimizer = make(parameters);
        foreach (var step in gradients)
        {
            foreach (var (parameter, gradient) in parameters.Zip(step)) parameter.grad = gradient;
            optimizer.step();
        }
        return [.. parameters.Select(p => p.detach())];
    }

    [Theory, Slow]
    [InlineData("root")]
    [InlineData("muon")]
    [InlineData("manifold")]
    [InlineData("spheres")]
    public void Two_models_on_two_threads_end_as_each_does_alone(string kind)
    {
        random.manual_seed(1);
        var make = Optimizers[kind];
        var starts = new[] { Parameters(), Parameters() };
        var gradients = starts.Select(start => Enumerable.Range(0, 60).Select(_ =>
            start.Select(p => randn(p.shape)).ToArray()).ToArray()).ToArray();
        static Parameter[] Copy(Parameter[] of) => [.. of.Select(p => new Parameter(p.detach().clone()))];
        var alone = starts.Zip(gradients, (start, its) => Trained(make, Copy(start), its)).ToArray();
        var together = new Tensor[2][];
        using var begin = new Barrier(2);
        var threads = Enumerable.Range(0, 2).Select(i => new Thread(() =>
        {
            begin.SignalAndWait();
            together[i] = Trained(make, Copy(starts[i]), gradients[i]);
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        foreach (var (expected, actual) in alone.SelectMany(t => t).Zip(together.SelectMany(t => t))) Close.Exactly(expected, actual);
    }

    /// <summary>Stops in the midst of a step until it is told to go on.</summary>
    private sealed class Halting : IStepObserver
    {
        public ManualResetEventSlim Inside { get; } = new();

        public ManualResetEventSlim GoOn { get; } = new();

        public void OnMatrix(MatrixPart part, long step, Tensor momentum, Tensor update)
        {
            Inside.Set();
            GoOn.Wait(TestContext.Current.CancellationToken);
        }
    }

    public static TheoryData<string, Action<RootOptimizer>> Calls => new()
    {
        { "step", o => o.step() },
        { "step with a closure", o => o.step(() => throw new InvalidOperationException("The closure ran.")) },
        { "Save", o => o.Save("is not written") },
        { "Load", o => o.Load("is not read") },
        { "save_state_dict", o => Saving.Bytes(o) },
        { "state_dict", o => o.state_dict() },
        { "add_param_group", o => o.add_param_group(new RootOptimizer.ParamGroup([Models.Parameter(3, 4)])) },
        { "Dispose", o => o.Dispose() },
    };

    [Theory, MemberData(nameof(Calls))]
    public void What_comes_in_the_midst_of_a_step_is_refused_and_the_step_goes_on(string name, Action<RootOptimizer> call)
    {
        random.manual_seed(2);
        var parameters = Parameters();
        Models.RandomGradients(parameters);
        var copies = parameters.Select(p => new Parameter(p.detach().clone()) { grad = p.grad }).ToArray();
        var halting = new Halting();
        using var optimizer = new RootOptimizer(parameters) { Observer = halting };
        Exception? failure = null;
        var step = new Thread(() => failure = Record.Exception(() => optimizer.step()));
        step.Start();
        halting.Inside.Wait(TestContext.Current.CancellationToken);
        var error = Record.Exception(() => call(optimizer));
        halting.GoOn.Set();
        step.Join();
        Assert.Null(failure);
        Assert.True(error is InvalidOperationException, name);
        Assert.Contains("one thread at a time", error.Message);

        using var reference = new RootOptimizer(copies);
        reference.step();
        foreach (var (expected, actual) in copies.Zip(parameters)) Close.Exactly(expected.detach(), actual.detach());
        optimizer.step(); // and is let in again
    }

    private sealed class Calling : IStepObserver
    {
        public MatrixOptimizer? Optimizer { get; set; }

        public void OnMatrix(MatrixPart part, long step, Tensor momentum, Tensor update) => Optimizer!.state_dict();
    }

    [Fact]
    public void An_observer_that_calls_the_optimizer_ends_the_step()
    {
        var (parameter, observer) = (Models.Parameter(3, 4), new Calling());
        using var optimizer = new RootOptimizer([parameter]) { Observer = observer };
        observer.Optimizer = optimizer;
        Models.RandomGradients([parameter]);
        var error = Assert.Throws<InterruptedStepException>(() => optimizer.step());
        Assert.IsType<InvalidOperationException>(error.InnerException);
        Assert.Empty(error.Moved);
    }

    [Fact]
    public void A_step_that_throws_lets_the_next_one_in()
    {
        var parameter = Models.Parameter(3, 4);
        using var optimizer = new RootOptimizer([parameter]);
        parameter.grad = full_like(parameter, float.NaN);
        Assert.Throws<NotFiniteNumberException>(() => optimizer.step());
        parameter.grad = ones_like(parameter);
        optimizer.step();
    }

    [Fact, Slow]
    public void A_table_that_two_optimizers_learn_into_on_two_threads_stays_whole()
    {
        random.manual_seed(3);
        var table = new CoefficientTable();
        var optimizers = Enumerable.Range(0, 2).Select(_ => new RootOptimizer(Parameters(), new() { coefficients = table })).ToArray();
        foreach (var optimizer in optimizers) Models.RandomGradients(optimizer.parameters());
        var errors = new Exception?[2];
        var threads = Enumerable.Range(0, 2).Select(i => new Thread(() => errors[i] = Record.Exception(() =>
        {
            for (var step = 0; step < 100; step++) optimizers[i].step();
        }))).ToArray();
        foreach (var thread in threads) thread.Start();
        while (threads.Any(thread => thread.IsAlive)) CoefficientTable.FromJson(table.ToJson()); // whole whenever it is read
        Assert.All(errors, Assert.Null);
        Assert.Equal([(8L, 27L), (12L, 20L)], table.Entries.Select(e => (e.shorter, e.longer)));
        foreach (var optimizer in optimizers)
        {
            Assert.All(optimizer.parameters(), p => Assert.True(p.isfinite().all().item<bool>()));
            optimizer.Dispose();
        }
    }
}
