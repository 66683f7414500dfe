using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

public class ErrorTests
{
    public static TheoryData<string, Action<RootOptimizer.Options>> BadOptions => new()
    {
        { "LearningRate", o => o.LearningRate = -1 },
        { "LearningRate", o => o.LearningRate = double.NaN },
        { "weight_decay", o => o.weight_decay = -0.1 },
        { "weight_decay", o => o.weight_decay = double.PositiveInfinity },
        { "momentum", o => o.momentum = 1.01 },
        { "momentum", o => o.momentum = -0.1 },
        { "momentum", o => o.momentum = double.NaN },
        { "ns_steps", o => o.ns_steps = 0 },
        { "outlier_quantile", o => o.outlier_quantile = 0 },
        { "outlier_quantile", o => o.outlier_quantile = 1.1 },
        { "outlier_quantile", o => o.outlier_quantile = double.NaN },
        { "beta1", o => o.betas = (1, 0.9) },
        { "beta2", o => o.betas = (0.9, -0.1) },
        { "eps", o => o.eps = 0 },
        { "fallback_lr_factor", o => o.fallback_lr_factor = -1 },
        { "fallback_weight_decay", o => o.fallback_weight_decay = double.NaN },
        { "lr_scale", o => o.lr_scale = (LrScale)17 },
        { "precision", o => o.precision = (Precision)17 },
        { "workspace_bytes", o => o.workspace_bytes = 0 },
    };

    [Fact]
    public void A_learning_rate_of_null_is_refused_before_anything_moves()
    {
        var parameter = Models.Parameter(3, 4);
        using var optimizer = new RootOptimizer([parameter]);
        Models.RandomGradients([parameter]);
        ((RootOptimizer.ParamGroup)optimizer.ParamGroups.Single()).Options.LearningRate = null;
        var before = parameter.detach().clone();
        Assert.Contains("LearningRate is null", Assert.Throws<ArgumentException>(() => optimizer.step()).Message);
        Close.Exactly(before, parameter.detach());
    }

    [Theory, MemberData(nameof(BadOptions))]
    public void A_hyperparameter_out_of_range_is_named(string name, Action<RootOptimizer.Options> spoil)
    {
        var options = new RootOptimizer.Options();
        spoil(options);
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => new RootOptimizer([Models.Parameter(2, 3)], options)).Message);

        // A group with it is refused whole, and the optimizer goes on as it was.
        using var optimizer = new RootOptimizer([Models.Parameter(2, 3)]);
        Assert.Throws<ArgumentException>(() => optimizer.add_param_group(new RootOptimizer.ParamGroup([Models.Parameter(2)], options)));
        Assert.Single(optimizer.ParamGroups);

        // Set later, it stops the step before anything changes.
        var group = (RootOptimizer.ParamGroup)optimizer.ParamGroups.Single();
        spoil(group.Options);
        Models.RandomGradients(optimizer.parameters());
        var before = optimizer.parameters().Single().detach().clone();
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => optimizer.step()).Message);
        Close.Exactly(before, optimizer.parameters().Single().detach());
    }

    [Fact]
    public void Parameters_that_cannot_be_optimized_are_named()
    {
        string Message(params (string, Parameter)[] parameters) =>
            Assert.Throws<ArgumentException>(() => new RootOptimizer(parameters)).Message;

        Assert.Contains("empty", Message());
        Assert.Throws<ArgumentException>(() => new RootOptimizer(Array.Empty<Parameter>()));
        Assert.Throws<ArgumentException>(() => new RootOptimizer(Array.Empty<RootOptimizer.ParamGroup>()));
        var twice = Models.Parameter(4, 6);
        var message = Message(("w", twice), ("v", twice));
        Assert.Contains("'v'", message);
        Assert.Contains("(4, 6)", message);
        Assert.Contains("'n'", Message(("n", new Parameter(zeros(3, dtype: int64), requires_grad: false))));
        Assert.Contains("'z'", Message(("z", new Parameter(zeros(3, 3, dtype: complex64)))));
        var disposed = Models.Parameter(3);
        disposed.Dispose();
        Assert.Contains("'d'", Message(("d", disposed)));

        using var optimizer = new RootOptimizer([twice]);
        Assert.Throws<ArgumentException>(() => optimizer.add_param_group(new RootOptimizer.ParamGroup([Models.Parameter(2), twice])));
        Assert.Single(optimizer.parameters());
    }

    [Fact]
    public void Options_of_another_optimizer_are_refused()
    {
        using var optimizer = new RootOptimizer([Models.Parameter(2, 3)]);
        Assert.Throws<ArgumentException>(() => optimizer.add_param_group(new SGD.ParamGroup([Models.Parameter(2)])));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_gradient_that_is_not_finite_stops_the_step_before_it_changes_anything(float bad)
    {
        Assert.SkipWhen(TestDevice.Device.type == DeviceType.CUDA, "on CUDA a later step tells");
        (string, Parameter)[] parameters = [("a", Models.Parameter(4, 6)), ("b", Models.Parameter(5)), ("c", Models.Parameter(4, 6))];
        using var optimizer = new RootOptimizer(parameters, lr: 0.1);
        Models.RandomGradients(parameters.Select(p => p.Item2));
        optimizer.step();
        var before = parameters.Select(p => p.Item2.detach().clone()).ToArray();
        var saved = Saving.Bytes(optimizer);

        Models.RandomGradients(parameters.Select(p => p.Item2));
        parameters[2].Item2.grad![1, 2] = bad;
        var error = Assert.Throws<NotFiniteNumberException>(() => optimizer.step());
        Assert.Contains("'c'", error.Message);
        Assert.Contains("(4, 6)", error.Message);
        for (var i = 0; i < before.Length; i++) Close.Exactly(before[i], parameters[i].Item2.detach());
        Assert.Equal(saved, Saving.Bytes(optimizer));
    }

    [Fact]
    public void Huge_but_finite_gradients_are_taken()
    {
        var parameter = Models.Parameter(4, 6);
        using var optimizer = new RootOptimizer([parameter]);
        Models.Gradient(parameter, full([4, 6], 1e30));
        optimizer.step();
        Assert.True(parameter.isfinite().all().item<bool>());
    }

    [Fact]
    public void A_sparse_gradient_is_refused_by_name()
    {
        var embedding = nn.Embedding(10, 4, sparse: true);
        using var optimizer = new RootOptimizer(embedding);
        embedding.forward(tensor(new long[] { 1, 2 })).sum().backward();
        Assert.Contains("sparse", Assert.Throws<InvalidOperationException>(() => optimizer.step()).Message);
    }

    [Fact]
    public void Parameters_replaced_by_a_conversion_are_found_at_the_next_step()
    {
        using var model = Models.Mlp();
        using var optimizer = new RootOptimizer(model);
        model.to(float64);
        var error = Assert.Throws<InvalidOperationException>(() => optimizer.step());
        Assert.Contains("hidden.weight", error.Message);
        Assert.Contains("(20, 12)", error.Message);
    }

    [Fact]
    public void A_disposed_optimizer_says_so()
    {
        var optimizer = new RootOptimizer([Models.Parameter(2, 3)]);
        optimizer.Dispose();
        optimizer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => optimizer.step());
    }
}
