using Root.Optimizers.Manifolds.Tangent;
using Root.Optimizers.Modular;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Cuda;

/// <summary>
/// Every optimizer on a device against the same steps on the CPU. The CPU is among the devices, so that these tests are
/// themselves tested where there is no other.
/// </summary>
public class DeviceTests
{
    private static readonly string[] Kinds = ["root", "root learning", "muon", "exact", "dual ascent", "spheres", "modular"];

    private static readonly DeviceType[] Devices = [DeviceType.CPU, DeviceType.CUDA];

    public static TheoryData<string, DeviceType> Everywhere =>
        [.. from kind in Kinds from device in Devices select (kind, device)];

    public static TheoryData<string, Precision, DeviceType> InEveryPrecision =>
        [.. from kind in Kinds from precision in new[] { Precision.Float32, Precision.BFloat16 } from device in Devices
            where (kind, precision) != ("spheres", Precision.BFloat16) // no products, no precision
            select (kind, precision, device)];

    private static long Live => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    private static MatrixOptimizer Make(string kind, Parameter[] parameters, Precision precision = Precision.Float32) =>
        kind switch
        {
            "root" or "root learning" => new RootOptimizer(parameters, new RootOptimizer.Options
                { LearningRate = 0.1, precision = precision, learn_coefficients = kind == "root learning" }),
            "muon" => new Muon(parameters, new Muon.Options { LearningRate = 0.1, precision = precision }),
            // The form that CUDA runs; the CPU's own choice for these shapes is the rational one.
            "exact" => new ManifoldMuon(parameters, new ManifoldMuon.Options
                { LearningRate = 0.1, momentum = 0.9, solver = new StiefelSolver.Exact(TangentForm.Polynomial, precision) }),
            "dual ascent" => new ManifoldMuon(parameters, new ManifoldMuon.Options
                { LearningRate = 0.1, solver = new StiefelSolver.DualAscent(Steps: 10, Sign: precision) }),
            "spheres" => optim.HypersphericalDescent(parameters, momentum: 0.9, manifold: Manifold.UnitRows),
            "modular" => new ModularDescent(Chain(parameters), new ModularDescent.Options { precision = precision }),
            _ => throw new ArgumentException(kind),
        };

    private static ModularBudget Chain(Parameter[] parameters) => ModularBudget.FromTree(parameters.SkipLast(1)
        .Select(ModularNode (p) => p.dim() == 4 ? Atom.Conv2d(p) : Atom.Linear(p)).Aggregate((tree, atom) => tree >> atom));

    /// <summary>Two equal matrices, which a step takes as one batch, a wide and a square one, a convolution and a vector.</summary>
    private static Parameter[] Parameters(Device device)
    {
        random.manual_seed(71);
        return new long[][] { [64, 48], [64, 48], [40, 96], [32, 32], [16, 4, 3, 3], [24] }
            .Select(shape => new Parameter((randn(shape) / 4).to(device))).ToArray();
    }

    private static void Step(MatrixOptimizer optimizer, int seed)
    {
        random.manual_seed(seed);
        Models.RandomGradients(optimizer.parameters());
        optimizer.step();
    }

    private static Tensor[] Values(MatrixOptimizer optimizer) =>
        optimizer.parameters().Select(p => p.detach().cpu().to(float64, copy: true)).ToArray();

    /// <summary>
    /// Two runs from one start differ by at most this share of the way that the second has gone. Rounding alone parts them:
    /// observed on the CPU, where weights and gradients differ by 1e-7 of themselves, up to 2.4e-5 in float32 (dual ascent),
    /// and where by 1e-4, up to 6e-2 with products in bfloat16 (dual ascent), which is bfloat16's own distance from float32.
    /// </summary>
    private static void Near(Tensor[] start, Tensor[] one, Tensor[] other, Precision precision = Precision.Float32)
    {
        var tolerance = precision == Precision.Float32 ? 5e-4 : 0.2;
        for (var i = 0; i < start.Length; i++)
        {
            var share = ((one[i] - other[i]).norm() / (other[i] - start[i]).norm()).item<double>();
            Assert.True(share <= tolerance, $"parameter {i} is off by {share:g3} of its way, above {tolerance:g3}");
        }
    }

    [Theory, MemberData(nameof(InEveryPrecision))]
    public void Its_steps_are_those_of_the_CPU(string kind, Precision precision, DeviceType type)
    {
        using var there = Make(kind, Parameters(TestDevice.OrSkip(type)), precision);
        using var here = Make(kind, Parameters(CPU), precision);
        var start = Values(here);
        for (var step = 0; step < 4; step++) { Step(there, step); Step(here, step); }
        Assert.All(there.parameters(), p => Assert.Equal(type, p.device_type));
        Near(start, Values(there), Values(here), precision);
    }

    [Theory, MemberData(nameof(Everywhere))]
    public void The_same_steps_give_the_same_bits(string kind, DeviceType type)
    {
        var runs = new[] { Parameters(TestDevice.OrSkip(type)), Parameters(TestDevice.OrSkip(type)) };
        foreach (var parameters in runs)
        {
            using var optimizer = Make(kind, parameters);
            for (var step = 0; step < 6; step++) Step(optimizer, step);
        }
        foreach (var (one, other) in runs[0].Zip(runs[1])) Close.Exactly(one.detach(), other.detach());
    }

    [Theory, MemberData(nameof(Everywhere))]
    public void A_state_saved_there_goes_on_on_the_CPU_and_back(string kind, DeviceType type)
    {
        var parameters = Parameters(TestDevice.OrSkip(type));
        using var there = Make(kind, parameters);
        for (var step = 0; step < 3; step++) Step(there, step);
        using var here = Make(kind, parameters.Select(p => new Parameter(p.detach().to(CPU, copy: true))).ToArray());
        var start = Values(here);
        Load(here, Saved(there));
        Step(there, 3);
        Step(here, 3);
        Near(start, Values(there), Values(here));

        Load(there, Saved(here));
        Assert.Equal(Saved(here), Saved(there));
        Step(there, 4);
    }

    private static byte[] Saved(MatrixOptimizer optimizer)
    {
        using var stream = new MemoryStream();
        optimizer.save_state_dict(new BinaryWriter(stream));
        return stream.ToArray();
    }

    private static void Load(MatrixOptimizer optimizer, byte[] saved) =>
        optimizer.load_state_dict(new BinaryReader(new MemoryStream(saved)));

    [Theory, Slow, MemberData(nameof(Everywhere))]
    public void Thirty_steps_leave_as_many_tensors_as_one(string kind, DeviceType type)
    {
        using var optimizer = Make(kind, Parameters(TestDevice.OrSkip(type)));
        Step(optimizer, 0);
        var after = Live;
        for (var step = 0; step < 30; step++) optimizer.step();
        Assert.Equal(after, Live);
    }
}
