using System.Diagnostics;
using Root.Optimizers.Core;
using Root.Optimizers.Core.Ranks;
using Root.Optimizers.Tests.Core.Ranks;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Insight;

/// <summary>What watching does to a step: nothing.</summary>
public class StepDiagnosticsTests
{
    public static TheoryData<string> Kinds => [.. RankModel.Kinds];

    private static string Trained(string kind, IStepObserver? observer, IProcessGroup? ranks = null)
    {
        var parameters = RankModel.Parameters();
        using var optimizer = RankModel.Make(kind, parameters, ranks);
        optimizer.Observer = observer;
        for (var step = 1; step <= 6; step++)
        {
            RankModel.Gradients(parameters, step);
            optimizer.step();
        }
        return RankModel.Hash(parameters);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Steps_that_are_watched_come_out_bit_for_bit(string kind)
    {
        var alone = Trained(kind, null);
        Assert.Equal(alone, Trained(kind, new StepDiagnostics()));
        Assert.Equal(alone, Trained(kind, new StepDiagnostics(every: 4)));
    }

    [Fact]
    public void Every_nth_step_is_reported()
    {
        using var parameter = Models.Parameter(4, 6);
        using var optimizer = new Muon([parameter], lr: 0.02);
        var diagnostics = new StepDiagnostics(every: 3);
        optimizer.Observer = diagnostics;
        var steps = new List<long>();
        diagnostics.Stepped += report => steps.Add(report.Step);
        Models.RandomGradients([parameter]);
        for (var step = 0; step < 7; step++) optimizer.step();
        Assert.Equal([3, 6], steps);
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepDiagnostics(every: 0));
    }

    /// <summary>Two groups with batches of equal matrices, parts and blocks; one parameter has no gradient.</summary>
    private static (string name, Parameter parameter)[] Parameters()
    {
        random.manual_seed(1);
        long[][] shapes = [[8, 12], [8, 12], [8, 12], [3, 8, 12], [8, 3, 2, 2], [24, 12]];
        var parameters = shapes.Select((shape, i) => ($"{i}.weight", Models.Parameter(shape))).ToArray();
        Models.RandomGradients(parameters.Select(p => p.Item2));
        parameters[1].Item2.grad = null;
        return parameters;
    }

    private static RootOptimizer.ParamGroup[] Groups(IEnumerable<(string name, Parameter)> parameters) =>
    [
        .. parameters.Where(p => p.name[0] < '5').GroupBy(_ => 0, (_, its) => new RootOptimizer.ParamGroup(its)),
        .. parameters.Where(p => p.name[0] == '5').GroupBy(_ => 0, (_, its) => new RootOptimizer.ParamGroup(its, lr: 0.01)),
    ];

    private static readonly RootOptimizer.Options Options = new()
    {
        LearningRate = 0.02, learn_coefficients = false, precision = Precision.Float32,
        batch_dims_of = p => p.Shape.Count == 3 ? 1 : 0,
        split_of = p => p.Name![0] == '5' ? Split.Rows(12, 6, 6) : 1,
    };

    [Fact]
    public void A_matrix_has_the_figures_that_it_has_alone_whatever_is_stepped_beside_it()
    {
        var together = Parameters();
        using var all = new RootOptimizer(Groups(together), Options);
        var found = Watched.Step(all).Matrices;
        var alone = Parameters().Where(p => p.parameter.grad is not null).SelectMany(p =>
        {
            using var optimizer = new RootOptimizer(Groups([p]), Options);
            return Watched.Step(optimizer).Matrices;
        }).ToDictionary(Key);

        Assert.Equal(["0.weight 0 0", "2.weight 0 0", "3.weight 0 0", "3.weight 0 1", "3.weight 0 2", "4.weight 0 0", "5.weight 0 0",
            "5.weight 1 0", "5.weight 1 1"], found.Select(Key).Order());
        foreach (var matrix in found) AssertAlike(alone[Key(matrix)], matrix);
    }

    private static string Key(MatrixReport matrix) => $"{matrix.Parameter.Name} {matrix.Part} {matrix.Block}";

    /// <summary>Observed: none is more than 1e-7 off on the CPU.</summary>
    private static void AssertAlike(MatrixReport expected, MatrixReport actual, double tolerance = 1e-6)
    {
        Assert.Equal((expected.Shape, expected.Step), (actual.Shape, actual.Step));
        foreach (var measure in Root.Optimizers.Insight.Measure.All)
            if (measure.Of(expected) is { } figure)
                Assert.True(Math.Abs(measure.Of(actual)!.Value - figure) <= tolerance * Math.Abs(figure) + 1e-7,
                    $"{Key(actual)} {measure.Name}: {figure:g9}, {measure.Of(actual):g9}");
            else Assert.Null(measure.Of(actual));
    }

    [Theory, InlineData("root"), InlineData("muon"), InlineData("manifold")]
    public void Each_rank_reports_the_matrices_that_it_steps(string kind)
    {
        static MatrixReport[] Figures(string kind, IProcessGroup? ranks)
        {
            var parameters = RankModel.Parameters();
            using var optimizer = RankModel.Make(kind, parameters, ranks);
            RankModel.Gradients(parameters, 1);
            var report = Watched.Step(optimizer);
            Assert.Equal(ranks is not null, report.Stages.ContainsKey(StepStage.Gathering));
            return [.. report.Matrices];
        }
        var alone = Figures(kind, null).ToDictionary(Key);
        var ranks = ThreadGroup.Run(3, group => Figures(kind, group));
        Assert.All(ranks, Assert.NotEmpty);
        Assert.Equal(alone.Keys.Order(), ranks.SelectMany(its => its).Select(Key).Order());
        foreach (var matrix in ranks.SelectMany(its => its)) AssertAlike(alone[Key(matrix)], matrix);
    }

    [Fact]
    public void Ranks_need_not_watch_the_same_steps()
    {
        var alone = Trained("root", null);
        Assert.Equal([alone, alone], ThreadGroup.Run(2, group => Trained("root", group.Rank == 0 ? new StepDiagnostics(2) : null, group)));
    }

    [Fact]
    public void Stages_are_those_of_the_step_and_take_no_longer_than_it()
    {
        Parameter[] parameters = [Models.Parameter(8, 12), Models.Parameter(8, 12), Models.Parameter(5)];
        using var optimizer = new RootOptimizer(parameters, lr: 0.02);
        Models.RandomGradients(parameters);
        var start = Stopwatch.GetTimestamp();
        var stages = Watched.Step(optimizer).Stages;
        var elapsed = Stopwatch.GetElapsedTime(start);
        Assert.Equal([StepStage.Preparation, StepStage.Momentum, StepStage.Split, StepStage.Learning, StepStage.Direction,
            StepStage.Update, StepStage.Fallback], stages.Keys);
        Assert.All(stages.Values, time => Assert.True(time > TimeSpan.Zero));
        Assert.InRange(stages.Values.Aggregate((sum, time) => sum + time), TimeSpan.Zero, elapsed);
    }

    [Fact]
    public void A_handler_that_throws_leaves_the_step_taken_and_the_next_one_whole()
    {
        using var parameter = Models.Parameter(4, 6);
        using var optimizer = new Muon([parameter], lr: 0.02);
        var diagnostics = new StepDiagnostics();
        void Fail(StepReport report) => throw new TimeoutException();
        diagnostics.Stepped += Fail;
        optimizer.Observer = diagnostics;
        Models.RandomGradients([parameter]);
        Assert.Throws<TimeoutException>(() => optimizer.step());
        diagnostics.Stepped -= Fail;
        Assert.Equal(2, Assert.Single(Watched.Step(optimizer, diagnostics).Matrices).Step);
    }

    [Fact]
    public void A_step_that_is_refused_leaves_nothing_to_the_next_report()
    {
        Parameter[] parameters = [Models.Parameter(4, 6), Models.Parameter(6, 4)];
        using var optimizer = new Muon(parameters, lr: 0.02);
        var diagnostics = new StepDiagnostics();
        var reports = 0;
        diagnostics.Stepped += _ => reports++;
        optimizer.Observer = diagnostics;
        Models.Gradient(parameters[0], full(4, 6, float.NaN));
        optimizer.DefersFiniteCheck = false;
        Assert.Throws<NotFiniteNumberException>(() => optimizer.step());
        Assert.Equal(0, reports);
        parameters[0].grad = null;
        Models.Gradient(parameters[1], randn(6, 4));
        Assert.Equal([6, 4], Watched.Step(optimizer, diagnostics).Matrices.Single().Parameter.Shape);
    }

    /// <summary>Tensors made on this thread so far.</summary>
    private static long Made
    {
        get
        {
            var its = DisposeScopeManager.Statistics.TensorStatistics;
            return its.CreatedInScopeCount + its.CreatedOutsideScopeCount;
        }
    }

    [Fact]
    public void A_step_that_is_not_watched_makes_no_tensor_for_it_and_nothing_else_where_nobody_is_set_to()
    {
        Parameter[] parameters = [Models.Parameter(8, 12), Models.Parameter(8, 12), Models.Parameter(5)];
        using var optimizer = new RootOptimizer(parameters, new RootOptimizer.Options { learn_coefficients = false });
        Models.RandomGradients(parameters);
        (long tensors, long bytes) Step(IStepObserver? observer)
        {
            optimizer.Observer = observer;
            // The least of several: now and then something else makes an object, and code that is compiled again may make fewer.
            return Enumerable.Range(0, 8).Select(_ =>
            {
                var (tensors, bytes) = (Made, GC.GetAllocatedBytesForCurrentThread());
                optimizer.step();
                return (Made - tensors, GC.GetAllocatedBytesForCurrentThread() - bytes);
            }).ToArray().Min();
        }
        // In turn, since code that has been compiled anew in the meantime may make fewer objects.
        var turns = Enumerable.Range(0, 6).Select(_ => (off: Step(null), rarely: Step(new StepDiagnostics(every: 1000)))).ToArray();
        var (off, rarely) = (turns.Min(turn => turn.off), turns.Min(turn => turn.rarely));
        var on = Step(new StepDiagnostics());
        Assert.Equal(off, rarely);
        Assert.True(on.tensors > off.tensors && on.bytes > off.bytes);
    }

    [Fact, Slow]
    public void A_thousand_watched_steps_leave_as_many_tensors_as_one()
    {
        Parameter[] parameters = [Models.Parameter(6, 9), Models.Parameter(9, 6), Models.Parameter(6, 9), Models.Parameter(5)];
        MatrixOptimizer[] optimizers = [new RootOptimizer(parameters, lr: 1e-3), new ManifoldMuon(parameters, lr: 1e-3)];
        foreach (var optimizer in optimizers)
        {
            optimizer.Observer = new StepDiagnostics();
            Models.RandomGradients(parameters);
            optimizer.step();
            var before = LiveTensors.Count;
            for (var step = 0; step < 1000; step++) optimizer.step();
            Assert.Equal(before, LiveTensors.Count);
            optimizer.Dispose();
        }
    }

    [Theory, InlineData(DeviceType.CPU), InlineData(DeviceType.CUDA)]
    public void Figures_of_a_device_are_those_of_the_CPU(DeviceType type)
    {
        Assert.SkipUnless(type == DeviceType.CPU || cuda.is_available(), "There is no CUDA device.");
        var device = new Device(type);
        IReadOnlyList<MatrixReport> Figures(Device device)
        {
            var parameters = Parameters().Select(p =>
            {
                var there = new Parameter(p.parameter.detach().to(device));
                if (p.parameter.grad is { } gradient) there.grad = gradient.to(device);
                return (p.name, there);
            }).ToArray();
            using var optimizer = new RootOptimizer(Groups(parameters), Options);
            return Watched.Step(optimizer).Matrices;
        }
        foreach (var (expected, actual) in Figures(CPU).Zip(Figures(device))) AssertAlike(expected, actual, 1e-3);
    }
}
