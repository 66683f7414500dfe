using Root.Optimizers.Manifolds.Tangent;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>State, schedulers and memory of the optimizers on manifolds.</summary>
public class ManifoldStateTests
{
    public static TheoryData<string> Kinds => ["exact", "polynomial", "dual", "spheres"];

    private static MatrixOptimizer Make(string kind, Parameter[] parameters) => kind switch
    {
        "exact" => optim.ManifoldMuon(parameters, momentum: 0.9),
        "polynomial" => new ManifoldMuon(parameters, new ManifoldMuon.Options
            { solver = new StiefelSolver.Exact(TangentForm.Polynomial), manifold_of = p =>
                p.Shape[0] == 9 ? Manifold.Euclidean : Manifold.Stiefel }),
        "dual" => new ManifoldMuon(parameters,
            new ManifoldMuon.Options { solver = new StiefelSolver.DualAscent(Steps: 3) }),
        _ => optim.HypersphericalDescent(parameters, momentum: 0.5, manifold: Manifold.UnitRows),
    };

    private static Parameter[] Parameters()
    {
        random.manual_seed(11);
        return [Models.Parameter(9, 6), Models.Parameter(6, 6), Models.Parameter(3, 2, 2, 2), Models.Parameter(4),
            Models.Parameter(6, 6)];
    }

    private static void Step(OptimizerHelper optimizer, int seed)
    {
        random.manual_seed(seed);
        Models.RandomGradients(optimizer.parameters());
        optimizer.step();
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Resuming_gives_the_unbroken_run_bit_for_bit(string kind)
    {
        var (unbroken, first) = (Parameters(), Parameters());
        using var reference = Make(kind, unbroken);
        using var before = Make(kind, first);
        for (var step = 0; step < 4; step++) { Step(reference, step); Step(before, step); }
        foreach (var way in new[] { "stream", "dictionary" })
        {
            var resumed = first.Select(p => new Parameter(p.detach().clone())).ToArray();
            using var after = Make(kind, resumed);
            if (way == "stream") Saving.Load(after, Saving.Bytes(before));
            else after.load_state_dict(before.state_dict());
            for (var step = 4; step < 7; step++)
            {
                Step(after, step);
                if (way == "stream") Step(reference, step);
            }
            for (var i = 0; i < unbroken.Length; i++) Close.Exactly(unbroken[i].detach(), resumed[i].detach());
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_truncated_state_changes_nothing(string kind)
    {
        using var optimizer = Make(kind, Parameters());
        Step(optimizer, 1);
        var bytes = Saving.Bytes(optimizer);
        using var target = Make(kind, Parameters());
        Step(target, 2);
        var before = Saving.Bytes(target);
        for (var length = 0; length < bytes.Length; length += 53)
        {
            var error = Record.Exception(() => Saving.Load(target, bytes[..length]));
            Assert.True(error is InvalidDataException or EndOfStreamException, $"at {length} bytes: {error}");
            Assert.Equal(before, Saving.Bytes(target));
        }
    }

    [Theory, Slow, MemberData(nameof(Kinds))]
    public void A_thousand_steps_leave_as_many_tensors_as_one(string kind)
    {
        var parameters = Parameters();
        using var optimizer = Make(kind, parameters);
        Step(optimizer, 1);
        var before = LiveTensors.Count;
        for (var step = 0; step < 1000; step++) optimizer.step();
        Assert.Equal(before, LiveTensors.Count);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Constructing_and_disposing_leave_nothing(string kind)
    {
        var parameters = Parameters();
        Models.RandomGradients(parameters);
        Make(kind, parameters).Dispose(); // what lives as long as the program is made here
        var before = LiveTensors.Count;
        using (var optimizer = Make(kind, parameters)) optimizer.step();
        Assert.Equal(before, LiveTensors.Count);
    }

    [Fact]
    public void Schedulers_drive_learning_rate_and_momentum()
    {
        var (ours, theirs) = (Models.Parameter(4, 6), Models.Parameter(4, 6));
        using var manifold = optim.ManifoldMuon([ours], lr: 0.05, momentum: 0.9);
        using var sgd = optim.SGD([theirs], 0.05, momentum: 0.9);
        var schedulers = new[] { optim.lr_scheduler.OneCycleLR(manifold, 0.1, total_steps: 20),
            optim.lr_scheduler.OneCycleLR(sgd, 0.1, total_steps: 20) };
        for (var step = 0; step < 12; step++)
        {
            var (a, b) = ((ManifoldMuon.ParamGroup)manifold.ParamGroups.Single(),
                (SGD.ParamGroup)sgd.ParamGroups.Single());
            Assert.Equal(b.LearningRate, a.LearningRate, 15);
            Assert.Equal(b.Momentum, a.Momentum, 15);
            Step(manifold, step);
            foreach (var scheduler in schedulers) scheduler.step();
        }
    }

    public static TheoryData<string, Action<ManifoldMuon.Options>> BadOptions => new()
    {
        { "solver", o => o.solver = null! },
        { "solver.Form", o => o.solver = new StiefelSolver.Exact((TangentForm)17) },
        { "solver.Sign", o => o.solver = new StiefelSolver.Exact(Sign: (Precision)17) },
        { "solver.Sign", o => o.solver = new StiefelSolver.DualAscent(Sign: (Precision)17) },
        { "manifold", o => o.manifold = null! },
        { "radius", o => o.radius = (Radius)17 },
        { "solver.Alpha", o => o.solver = new StiefelSolver.DualAscent(Alpha: 0) },
        { "solver.Steps", o => o.solver = new StiefelSolver.DualAscent(Steps: 0) },
        { "solver.Tolerance", o => o.solver = new StiefelSolver.DualAscent(Tolerance: double.NaN) },
        { "LearningRate", o => o.LearningRate = -1 },
    };

    [Theory, MemberData(nameof(BadOptions))]
    public void A_hyperparameter_out_of_range_is_named(string name, Action<ManifoldMuon.Options> spoil)
    {
        var options = new ManifoldMuon.Options();
        spoil(options);
        Assert.Contains(name, Assert.ThrowsAny<ArgumentException>(() =>
            new ManifoldMuon([Models.Parameter(2, 3)], options)).Message);
    }
}
