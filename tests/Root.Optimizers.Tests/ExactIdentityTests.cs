using Root.Optimizers.AdaNewton;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests;

/// <summary>Degenerate cases that must equal TorchSharp's own optimizers bit for bit.</summary>
public class ExactIdentityTests
{
    private sealed class WithoutOrthogonalization(IEnumerable<Parameter> parameters, RootOptimizer.Options options)
        : RootOptimizer(parameters, options)
    {
        protected override Tensor Orthogonalize(Tensor B, NewtonSchulzSchedule schedule, ScalarType dtype) => B;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_orthogonalization_and_split_a_step_is_SGDs(bool nesterov)
    {
        Parameter[] Fresh() { random.manual_seed(3); return [Models.Parameter(8, 12), Models.Parameter(8, 12),
            Models.Parameter(4, 3, 3, 3)]; }
        var (ours, theirs) = (Fresh(), Fresh());
        using var optimizer = new WithoutOrthogonalization(ours, new()
        {
            LearningRate = 0.03, weight_decay = 0, momentum = 0.9, nesterov = nesterov, outlier_quantile = 1, lr_scale = LrScale.None,
        });
        using var sgd = optim.SGD(theirs, 0.03, momentum: 0.9, nesterov: nesterov);

        for (var step = 0; step < 10; step++)
        {
            for (var i = 0; i < ours.Length; i++)
            {
                var gradient = randn(ours[i].shape);
                Models.Gradient(ours[i], gradient);
                Models.Gradient(theirs[i], gradient);
            }
            optimizer.step();
            sgd.step();
            for (var i = 0; i < ours.Length; i++) Close.Exactly(theirs[i].detach(), ours[i].detach());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_gradient_of_other_strides_gives_the_same_step(bool nesterov)
    {
        random.manual_seed(5);
        var gradient = randn(20, 30).OnDevice();
        var start = randn(20, 30).OnDevice();
        var parameters = new[] { gradient, gradient.mT.contiguous().mT }.Select(g =>
        {
            var parameter = new Parameter(start.clone());
            parameter.grad = g;
            using var optimizer = optim.ROOT([parameter], lr: 0.1, nesterov: nesterov);
            optimizer.step();
            return parameter.detach();
        }).ToArray();
        Close.To(parameters[0], parameters[1], 1e-6); // observed 0
    }

    [Fact]
    public void A_learning_rate_of_zero_changes_no_parameter()
    {
        Parameter[] parameters = [Models.Parameter(6, 9), Models.Parameter(5)];
        var before = parameters.Select(p => p.detach().clone()).ToArray();
        using var optimizer = new RootOptimizer(parameters, lr: 0);
        Models.RandomGradients(parameters);
        optimizer.step();
        for (var i = 0; i < parameters.Length; i++) Close.Exactly(before[i], parameters[i].detach());
    }

    [Fact]
    public void The_gradient_is_not_changed_and_a_zero_gradient_only_decays()
    {
        var parameter = Models.Parameter(6, 9);
        var gradient = randn(6, 9).OnDevice();
        using var optimizer = optim.ROOT([parameter], lr: 0.5, weight_decay: 0.5);
        Models.Gradient(parameter, zeros(6, 9));
        var expected = parameter.detach() * 0.75;
        optimizer.step();
        Close.Exactly(expected, parameter.detach());

        Models.Gradient(parameter, gradient);
        optimizer.step();
        Close.Exactly(gradient, parameter.grad!);
    }

    [Theory]
    [InlineData(LrScale.MatchAdamWRms, 8, 18, 0.84852813742385702)] // 0.2 sqrt(18)
    [InlineData(LrScale.KellerJordan, 18, 8, 1.5)]
    [InlineData(LrScale.KellerJordan, 8, 18, 1.0)]
    [InlineData(LrScale.Spectral, 18, 8, 1.5)]
    [InlineData(LrScale.Spectral, 8, 18, 2.0 / 3)]
    [InlineData(LrScale.None, 8, 18, 1.0)]
    public void The_spectral_norm_of_a_step_is_lr_times_the_scale(LrScale scale, long rows, long columns, double factor)
    {
        var parameter = new Parameter(zeros(rows, columns).OnDevice());
        using var optimizer = new RootOptimizer([parameter], new RootOptimizer.Options
        {
            LearningRate = 0.01,
            lr_scale = scale,
            precision = Precision.Float32,
            ns_steps = 30,
            coefficients = Coefficients.Published,
            learn_coefficients = false,
        });
        Models.Gradient(parameter, randn(rows, columns));
        optimizer.step();
        // Muon's triple does not converge: singular values stay within 0.67 to 1.21.
        var values = linalg.svdvals(parameter.detach().cpu()) / (0.01 * factor);
        Assert.InRange(values.max().item<float>(), 0.67, 1.21);
        Assert.InRange(values.min().item<float>(), 0.67, 1.21);
    }
}
