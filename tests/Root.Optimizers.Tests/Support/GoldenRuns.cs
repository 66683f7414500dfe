using Root.Optimizers.AdaNewton;
using Root.Optimizers.Modular;
using Root.Optimizers.Orthogonalization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Support;

/// <summary>A run of each optimizer over a small mixed model, whose state the golden files hold (golden/README.md).</summary>
internal static class GoldenRuns
{
    public static readonly string[] Kinds = ["root", "muon", "manifold-muon", "hyperspherical-descent", "modular-descent"];

    /// <summary>As a program makes it that is to load: with what no file holds, and no option that it does hold.</summary>
    public static MatrixOptimizer Make(string kind)
    {
        random.manual_seed(31);
        var first = new[] { ("first.weight", Models.Parameter(4, 6)), ("first.bias", Models.Parameter(5)) };
        var second = new[]
        {
            ("second.weight", Models.Parameter(ScalarType.BFloat16, 6, 4)), ("second.gain", Models.Parameter(ScalarType.BFloat16, 3)),
            ("second.fused.weight", Models.Parameter(6, 3)),
        };
        static Split Halves(RoutedParameter p) => p.Name!.Contains("fused") ? Split.Into(2) : Split.None;
        switch (kind)
        {
            case "root":
                return new RootOptimizer([new(first), new(second, new() { split_of = Halves })],
                    new RootOptimizer.Options { coefficients = new CoefficientTable() });
            case "muon":
                return new Muon([new Muon.ParamGroup(first), new(second, new() { split_of = Halves })]);
            case "manifold-muon":
                return new ManifoldMuon([new ManifoldMuon.ParamGroup(first), new(second, new() { split_of = Halves })]);
            case "hyperspherical-descent":
                return new HypersphericalDescent([new HypersphericalDescent.ParamGroup(first),
                    new(second, new() { split_of = Halves, manifold = Manifold.UnitRows })]);
            case "modular-descent":
                var model = nn.Sequential(("first", nn.Linear(6, 4, device: TestDevice.Device)), ("act", nn.ReLU()),
                    ("second", nn.Linear(4, 5, device: TestDevice.Device, dtype: ScalarType.BFloat16)));
                var optimizer = new ModularDescent(model, ModularBudget.FromSequential(model));
                optimizer.add_param_group(new ModularDescent.ParamGroup([("in.no.atom", Models.Parameter(3, 4))]));
                return optimizer;
            default: throw new ArgumentException(kind);
        }
    }

    /// <summary>Sets each option that a file holds to something else in one of the groups, and takes three steps.</summary>
    public static void Train(MatrixOptimizer optimizer)
    {
        var (first, second) = (optimizer.Groups[0].Options, optimizer.Groups[1].Options);
        (first.LearningRate, first.InitialLearningRate, first.momentum, first.weight_decay) = (0.02, 0.04, 0.8, 0.05);
        (first.betas, first.eps, first.fallback_lr_factor, first.fallback_weight_decay) = ((0.8, 0.98), 1e-6, 0.5, 0);
        (first.cautious, first.non_finite) = (true, NonFinite.Skip);
        (second.LearningRate, second.momentum, second.weight_decay) = (0.03, 0.6, 0.2);
        switch (first, second)
        {
            case (RootOptimizer.Options one, RootOptimizer.Options two):
                (one.nesterov, one.lr_scale, one.precision) = (false, LrScale.KellerJordan, Precision.Float32);
                (one.ns_steps, one.outlier_quantile, one.exact_quantile) = (3, 0.8, true);
                (two.learn_coefficients, two.coefficients) = (false, Coefficients.Fixed(PublishedSchedules.PolarExpress(3)));
                break;
            case (Muon.Options one, Muon.Options two):
                (one.nesterov, one.lr_scale, one.precision) = (false, LrScale.None, Precision.Float32);
                (one.ns_steps, one.coefficients) = (4, Coefficients.Published);
                two.coefficients = Coefficients.Fixed(PublishedSchedules.PolarExpress(3));
                break;
            case (ManifoldMuon.Options one, ManifoldMuon.Options two):
                one.solver = new StiefelSolver.Exact(TangentForm.Rational, Precision.Float32);
                two.solver = new StiefelSolver.DualAscent(0.02, 7, 1e-4, Precision.Float32);
                break;
            case (ModularDescent.Options one, _):
                one.precision = Precision.Float32;
                break;
        }
        random.manual_seed(32);
        for (var step = 1; step <= 3; step++)
        {
            Models.RandomGradients(optimizer.parameters());
            // Counts that are not all alike: at the last step half of a matrix has no gradient, and the first parameter none at all.
            if (step == 3) Quiet(optimizer);
            optimizer.step();
        }
    }

    private static void Quiet(MatrixOptimizer optimizer)
    {
        var parameters = optimizer.parameters().ToArray();
        using var half = parameters[^1].grad!.narrow(0, 0, parameters[^1].shape[0] / 2);
        half.zero_();
        parameters[0].grad = null;
    }
}
