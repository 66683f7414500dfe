using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>What can be refused is refused before anything changes; what fails in the midst says who has moved.</summary>
public class WholeStepTests
{
    private static Tensor[] Copies(params Parameter[] parameters) => [.. parameters.Select(p => p.detach().clone())];

    private static void Unchanged(Tensor[] before, params Parameter[] parameters)
    {
        foreach (var (expected, parameter) in before.Zip(parameters)) Close.Exactly(expected, parameter.detach());
    }

    public static TheoryData<string> Refusals => ["NaN in a gradient", "a rate that is no float32", "a closure that throws",
        "a sparse gradient"];

    [Theory, MemberData(nameof(Refusals))]
    public void A_first_step_that_is_refused_leaves_weights_off_their_manifold_where_they_are(string refusal)
    {
        var (weight, other) = (Models.Parameter(6, 4), nn.Embedding(10, 4, sparse: true).to(TestDevice.Device));
        using var optimizer = new ManifoldMuon([("w", weight), ("other", (Parameter)other.weight!)]);
        using (no_grad()) weight.copy_(randn(6, 4)); // loaded after construction
        Models.RandomGradients([weight]);
        var before = Copies(weight);
        Func<Tensor>? closure = null;
        switch (refusal)
        {
            case "NaN in a gradient": weight.grad![0, 0] = float.NaN; break;
            case "a rate that is no float32": optimizer.ParamGroups.Single().LearningRate = 1e39; break;
            case "a closure that throws": closure = () => throw new TimeoutException(); break;
            default: other.forward(tensor(new long[] { 1 }).OnDevice()).sum().backward(); break;
        }
        Assert.ThrowsAny<Exception>(() => optimizer.step(closure));
        Unchanged(before, weight);
    }

    [Fact]
    public void A_constructor_that_refuses_one_group_leaves_the_weights_of_all_where_they_are()
    {
        var (first, second) = (Models.Parameter(6, 4), Models.Parameter(6, 4));
        var before = Copies(first, second);
        Assert.Throws<ArgumentException>(() => new ManifoldMuon([new([first]), new([second], new() { momentum = 2 })]));
        Unchanged(before, first, second);
    }

    [Fact]
    public void A_disposed_optimizer_moves_nothing()
    {
        var weight = Models.Parameter(6, 4);
        var optimizer = new ManifoldMuon([weight]);
        using (no_grad()) weight.copy_(randn(6, 4));
        var before = Copies(weight);
        optimizer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => optimizer.step());
        Unchanged(before, weight);
    }

    public static TheoryData<string, Action<RootOptimizer.Options>> Products => new()
    {
        { "LearningRate", o => o.LearningRate = 1e39 },
        { "fallback_lr_factor", o => o.fallback_lr_factor = 1e300 },
        { "weight_decay", o => (o.LearningRate, o.weight_decay) = (1e20, 1e20) },
        { "factor of the shape", o => o.LearningRate = 3.3e38 },
    };

    [Theory, MemberData(nameof(Products))]
    public void Products_of_options_that_are_no_float32_are_refused_at_construction_and_at_the_step(string name,
        Action<RootOptimizer.Options> spoil)
    {
        var options = new RootOptimizer.Options();
        spoil(options);
        Parameter[] parameters = [Models.Parameter(40, 30), Models.Parameter(5)];
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => new RootOptimizer(parameters, options)).Message);

        using var optimizer = new RootOptimizer([new(parameters[..1]), new(parameters[1..])]);
        Models.RandomGradients(parameters);
        var before = Copies(parameters);
        spoil(((RootOptimizer.ParamGroup)optimizer.ParamGroups.Last()).Options);
        spoil(((RootOptimizer.ParamGroup)optimizer.ParamGroups.First()).Options);
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => optimizer.step()).Message);
        Unchanged(before, parameters);
    }

    private sealed class Failing(IEnumerable<RootOptimizer.ParamGroup> groups) : RootOptimizer(groups)
    {
        protected override Tensor Orthogonalize(Tensor B, NewtonSchulzSchedule schedule, ScalarType dtype) =>
            B.shape[1] == 7 ? throw new InsufficientMemoryException("no memory") : base.Orthogonalize(B, schedule, dtype);
    }

    [Fact]
    public void What_fails_in_the_midst_says_which_parameters_had_moved()
    {
        var (a, bias, b) = (Models.Parameter(6, 4), Models.Parameter(6), Models.Parameter(7, 4));
        using var optimizer = new Failing([new([("a", a), ("bias", bias)]), new([("b", b)])]);
        Models.RandomGradients([a, bias, b]);
        var error = Assert.Throws<InterruptedStepException>(() => optimizer.step());
        Assert.Equal(["a", "bias"], error.Moved.Select(p => p.Name));
        Assert.IsType<InsufficientMemoryException>(error.InnerException);
        Assert.Contains("'a' of shape (6, 4), 'bias' of shape (6)", error.Message);
    }

    [Fact]
    public void Parameters_that_share_memory_are_refused()
    {
        var whole = randn(8, 6).OnDevice();
        var named = (Tensor view) => new Parameter(view.alias()); // which takes the handle
        void Refused(params Parameter[] parameters) =>
            Assert.Contains("share memory", Assert.Throws<ArgumentException>(() => new Muon(parameters)).Message);
        Refused(named(whole), named(whole.narrow(0, 2, 3)));
        Refused(named(whole.narrow(0, 0, 5)), named(whole.narrow(0, 4, 4)));
        Refused(named(whole), named(whole.detach()));
        Refused(named(whole.narrow(1, 0, 4)), named(whole.narrow(1, 3, 3)));
        using var first = new Muon([named(whole.narrow(0, 0, 5))]);
        Assert.Throws<ArgumentException>(() => first.add_param_group(new Muon.ParamGroup([named(whole.narrow(0, 4, 4))])));
        // Rows, columns and every other entry of one tensor lie beside each other.
        new Muon([named(whole.narrow(0, 0, 4)), named(whole.narrow(0, 4, 4))]).Dispose();
        new Muon([named(whole.narrow(1, 0, 3)), named(whole.narrow(1, 3, 3))]).Dispose();
        new Muon([named(whole.slice(0, 0, 8, 2)), named(whole.slice(0, 1, 8, 2))]).Dispose();

        var expanded = new Parameter(randn(1, 6).OnDevice().expand(8, 6));
        Assert.Contains("expanded", Assert.Throws<ArgumentException>(() => new Muon([("w", expanded)])).Message);
    }

    [Fact]
    public void Nulls_are_named()
    {
        Assert.Throws<ArgumentNullException>(() => new RootOptimizer((nn.Module)null!));
        Assert.Throws<ArgumentNullException>(() => new Muon((IEnumerable<Parameter>)null!));
        Assert.Throws<ArgumentNullException>(() => new ManifoldMuon((IEnumerable<(string, Parameter)>)null!));
        Assert.Throws<ArgumentNullException>(() => new HypersphericalDescent((IEnumerable<HypersphericalDescent.ParamGroup>)null!));
        Assert.Throws<ArgumentNullException>(() => new Muon([(Muon.ParamGroup)null!]));
        using var optimizer = new Muon([Models.Parameter(2, 3)]);
        Assert.Throws<ArgumentNullException>(() => optimizer.load_state_dict((OptimizerHelper.StateDictionary)null!));
        Assert.Throws<ArgumentNullException>(() => optimizer.add_param_group(null!));
    }

    [Fact]
    public void A_model_that_was_moved_is_told_at_zero_grad()
    {
        using var model = Models.Mlp();
        using var optimizer = new RootOptimizer(model);
        model.to(float64);
        var error = Assert.Throws<InvalidOperationException>(() => optimizer.zero_grad());
        Assert.Contains("hidden.weight", error.Message);
        Assert.Contains("Construct the optimizer after", error.Message);
    }

    [Fact]
    public void A_group_of_one_optimizer_is_refused_by_another()
    {
        var group = new Muon.ParamGroup([Models.Parameter(2, 3)]);
        using var first = new Muon([group]);
        Assert.Contains("belongs to an optimizer", Assert.Throws<ArgumentException>(() => new Muon([group])).Message);
    }

    [Fact]
    public void Parameters_that_do_not_require_gradients_are_left_alone()
    {
        var (weight, bias) = (Models.Parameter(6, 4), Models.Parameter(6));
        using var optimizer = new RootOptimizer([weight, bias]);
        Models.RandomGradients([weight, bias]);
        optimizer.step();
        var before = Copies(weight, bias);
        weight.requires_grad = bias.requires_grad = false;
        optimizer.step();
        Unchanged(before, weight, bias);
    }

    [Fact]
    public void A_gradient_of_another_shape_or_type_is_refused_before_anything_moves()
    {
        var (a, b) = (Models.Parameter(6, 8), Models.Parameter(6, 8));
        using var optimizer = new Muon([("a", a), ("b", b)]);
        foreach (var gradient in new[] { randn(8).OnDevice(), randn(8, 6).OnDevice() })
        {
            Models.RandomGradients([a]);
            b.grad = gradient;
            var before = Copies(a, b);
            var error = Assert.Throws<InvalidOperationException>(() => optimizer.step());
            Assert.Contains($"'b' of shape (6, 8)", error.Message);
            Unchanged(before, a, b);
        }
    }

    [Fact]
    public void A_constructor_that_meets_NaN_in_a_later_group_moves_no_weight_of_an_earlier_one()
    {
        var (good, bad) = (Models.Parameter(8, 4), new Parameter(full([8, 4], float.NaN).OnDevice()));
        var before = Copies(good);
        Assert.Contains("'bad'", Assert.Throws<ArgumentException>(() => new ManifoldMuon([new([good]), new([("bad", bad)])])).Message);
        Assert.Contains("'bad'", Assert.Throws<ArgumentException>(() => new HypersphericalDescent([("bad", bad)])).Message);
        Unchanged(before, good);
    }

    [Fact]
    public void Only_parameters_all_of_whose_parts_are_done_have_moved()
    {
        var fused = Models.Parameter(13, 4);
        using var optimizer = new Failing([new([("fused", fused)], new() { split = Split.Rows(6, 7) })]);
        Models.RandomGradients([fused]);
        Assert.Empty(Assert.Throws<InterruptedStepException>(() => optimizer.step()).Moved);
    }

    [Fact]
    public void Empty_matrices_are_refused_on_the_matrix_route()
    {
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() =>
            new RootOptimizer([new Parameter(zeros(0, 5).OnDevice())], new RootOptimizer.Options { route = _ => Route.Matrix })).Message);
        using var optimizer = new RootOptimizer([new Parameter(zeros(0, 5).OnDevice())]);
        optimizer.step();
    }

    [Fact]
    public void A_disposed_optimizer_neither_saves_nor_loads()
    {
        var optimizer = new Muon([Models.Parameter(2, 3)]);
        optimizer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => optimizer.Save("never"));
        Assert.Throws<ObjectDisposedException>(() => optimizer.Load("never"));
        Assert.Throws<ObjectDisposedException>(optimizer.state_dict);
    }
}
