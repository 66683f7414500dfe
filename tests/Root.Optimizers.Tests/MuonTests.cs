using Root.Optimizers.AdaNewton;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests;

public class MuonTests
{
    [Theory]
    [InlineData("fp32", Precision.Float32, 2e-6)] // observed 8.9e-8
    [InlineData("bf16", Precision.BFloat16, 2e-2)] // observed 4.0e-3
    public void Every_step_agrees_with_the_published_program(string variant, Precision precision, double tolerance)
    {
        var vectors = new Vectors("muon_step");
        var names = vectors.Names.Where(n => n.StartsWith("init/")).Select(n => n["init/".Length..]).ToArray();
        var parameters = names.ToDictionary(n => n, n => new Parameter(vectors["init/" + n].OnDevice()));
        using var optimizer = new Muon(names.Select(n => (n, parameters[n])),
            new Muon.Options { LearningRate = 0.02, weight_decay = 0.01, precision = precision });
        for (var step = 0; step < 10; step++)
        {
            foreach (var name in names) Models.Gradient(parameters[name], vectors[$"grad{step}/{name}"]);
            optimizer.step();
            foreach (var name in names)
                Close.To(vectors[$"param{step}/{variant}/{name}"], parameters[name].detach(), tolerance, $"{name} after step {step}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_step_agrees_with_a_float64_reference(bool nesterov)
    {
        random.manual_seed(11);
        var parameter = new Parameter(randn(10, 24, dtype: float64).OnDevice());
        var (expected, M) = (parameter.detach().cpu().clone(), zeros(10, 24, dtype: float64));
        using var optimizer = optim.Muon([parameter], lr: 0.03, weight_decay: 0.2, momentum: 0.9, nesterov: nesterov, ns_steps: 4,
            lr_scale: LrScale.MatchAdamWRms);
        for (var step = 0; step < 5; step++)
        {
            var G = randn(10, 24, dtype: float64);
            Models.Gradient(parameter, G);
            optimizer.step();

            M = M * 0.9 + G * 0.1;
            var (U, S, Vh) = linalg.svd(nesterov ? M * 0.9 + G * 0.1 : M, fullMatrices: false);
            S = S / S.square().sum().sqrt();
            for (var i = 0; i < 4; i++) S = S * 3.4445 - S.pow(3) * 4.7750 + S.pow(5) * 2.0315;
            expected = expected * (1 - 0.03 * 0.2) - U.matmul(diag(S)).matmul(Vh) * (0.03 * 0.2 * Math.Sqrt(24));
            // Observed 2.9e-9: baddbmm passes coefficients on in float32.
            Close.To(expected, parameter.detach(), 1e-6, $"step {step}");
        }
    }

    [Fact]
    public void Defaults_are_those_of_torch_optim_Muon()
    {
        var group = new Muon.ParamGroup([Models.Parameter(4, 6)]);
        using var optimizer = optim.Muon([group]);
        var options = group.Options;
        Assert.Equal((1e-3, 0.1, 0.95, true, LrScale.KellerJordan), (options.LearningRate!.Value, options.weight_decay,
            options.momentum, options.nesterov, options.lr_scale));
        Assert.Equal(PublishedSchedules.Muon(5), options.coefficients.For(4, 6, options.ns_steps));
    }

    [Fact]
    public void The_gradient_is_not_changed()
    {
        var parameter = Models.Parameter(6, 9);
        var gradient = randn(6, 9).OnDevice();
        Models.Gradient(parameter, gradient.clone());
        using var optimizer = new Muon([parameter]);
        optimizer.step();
        Close.Exactly(gradient, parameter.grad!);
    }

    [Fact]
    public void Coefficients_are_saved_with_the_state()
    {
        var (first, second) = (Models.Parameter(6, 9), Models.Parameter(6, 9));
        Models.RandomGradients([first, second]);
        using var saved = new Muon([first], new Muon.Options { coefficients = Coefficients.Fixed(PublishedSchedules.PolarExpress(5)),
            cautious = true });
        saved.step();
        var group = new Muon.ParamGroup([second]);
        using var loaded = new Muon([group]);
        Saving.Load(loaded, Saving.Bytes(saved));
        Assert.Equal(PublishedSchedules.PolarExpress(5), group.Options.coefficients.For(6, 9, 5));
        Assert.True(group.Options.cautious);
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Assert.Contains("ns_steps", Assert.Throws<ArgumentException>(() => optim.Muon([Models.Parameter(4, 6)], ns_steps: 0)).Message);
        Assert.Contains("momentum", Assert.Throws<ArgumentException>(() => optim.Muon([Models.Parameter(4, 6)], momentum: 1.5)).Message);
        Assert.Contains("lr_scale", Assert.Throws<ArgumentException>(() =>
            optim.Muon([Models.Parameter(4, 6)], lr_scale: (LrScale)9)).Message);
    }
}
