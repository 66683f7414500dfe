using Root.Optimizers.Core;
using Root.Optimizers.Core.State;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

public class GroupTests
{
    [Fact]
    public void A_group_overrides_what_it_sets_and_inherits_the_rest()
    {
        var (a, b) = (Models.Parameter(4, 6), Models.Parameter(4, 6));
        using var optimizer = optim.ROOT(
            [new RootOptimizer.ParamGroup([a], new() { LearningRate = 0.5, momentum = 0.5 }), new RootOptimizer.ParamGroup([b])],
            lr: 0.01, weight_decay: 0.2);
        var groups = optimizer.ParamGroups.Cast<RootOptimizer.ParamGroup>().ToArray();
        Assert.Equal(0.5, groups[0].LearningRate);
        Assert.Equal(0.5, groups[0].InitialLearningRate);
        Assert.Equal(0.5, groups[0].Momentum);
        Assert.Equal(0.2, groups[0].Options.weight_decay);
        Assert.Equal(0.01, groups[1].LearningRate);
        Assert.Equal(0.95, groups[1].Momentum);
    }

    [Fact]
    public void A_group_added_later_is_stepped()
    {
        var (a, b) = (Models.Parameter(4, 6), Models.Parameter(7));
        using var optimizer = new RootOptimizer([a]);
        optimizer.add_param_group(new RootOptimizer.ParamGroup([b], new() { LearningRate = 0.1 }));
        Assert.Equal(2, optimizer.parameters().Count());
        var before = b.detach().clone();
        Models.RandomGradients([a, b]);
        optimizer.step();
        Assert.True(Close.Difference(before, b.detach()) > 0.05);
    }

    [Fact]
    public void Options_given_to_two_groups_stay_apart()
    {
        var options = new RootOptimizer.Options { LearningRate = 0.1 };
        var (a, b) = (Models.Parameter(4, 6), Models.Parameter(4, 6));
        using var optimizer = new RootOptimizer([new RootOptimizer.ParamGroup([a], options), new RootOptimizer.ParamGroup([b], options)]);
        foreach (var group in optimizer.ParamGroups) group.LearningRate *= 0.5;
        Assert.All(optimizer.ParamGroups, group => Assert.Equal(0.05, group.LearningRate));
    }

    [Fact]
    public void Parameters_without_gradients_are_left_alone()
    {
        var (a, b) = (Models.Parameter(4, 6), Models.Parameter(4, 6));
        using var optimizer = new RootOptimizer([a, b], lr: 0.1);
        var before = b.detach().clone();
        Models.RandomGradients([a]);
        optimizer.step();
        Close.Exactly(before, b.detach());
    }

    [Fact]
    public void Zero_grad_and_a_closure_work_as_in_a_usual_loop()
    {
        using var model = Models.Mlp();
        var x = randn(16, 12).OnDevice();
        using var optimizer = optim.ROOT(model.parameters(), lr: 0.02);
        double Loss() => model.forward(x).pow(2).mean().item<float>();
        var first = Loss();
        for (var step = 0; step < 30; step++)
        {
            var loss = optimizer.step(() =>
            {
                optimizer.zero_grad();
                var value = model.forward(x).pow(2).mean();
                value.backward();
                return value;
            });
            Assert.True(float.IsFinite(loss!.item<float>()));
        }
        Assert.True(Loss() < 0.2 * first);
        optimizer.zero_grad();
        Assert.All(model.parameters(), p => Assert.Equal(0, p.grad!.abs().sum().item<float>()));
    }

    [Fact]
    public void Every_factory_and_constructor_reaches_the_same_step()
    {
        var constructors = new Func<nn.Module<Tensor, Tensor>, RootOptimizer>[]
        {
            m => new RootOptimizer(m.parameters()),
            m => new RootOptimizer(m.named_parameters()),
            m => new RootOptimizer(m),
            m => new RootOptimizer([new RootOptimizer.ParamGroup(m.parameters())]),
            m => new RootOptimizer(m.parameters(), new RootOptimizer.Options()),
            m => new RootOptimizer(m, new RootOptimizer.Options()),
            m => optim.ROOT(m.parameters()),
            m => optim.ROOT(m.named_parameters()),
            m => optim.ROOT(m),
            m => optim.ROOT([new RootOptimizer.ParamGroup(m.named_parameters())]),
        };
        Tensor[]? expected = null;
        foreach (var construct in constructors)
        {
            random.manual_seed(5);
            using var model = Models.Mlp();
            using var optimizer = construct(model);
            Models.RandomGradients(model.parameters());
            optimizer.step();
            var result = model.parameters().Select(p => p.detach().clone()).ToArray();
            expected ??= result;
            foreach (var (e, r) in expected.Zip(result)) Close.Exactly(e, r);
        }
    }

    [Fact]
    public void To_moves_the_state_and_keeps_it_alive()
    {
        var parameter = Models.Parameter(4, 6);
        using var optimizer = new RootOptimizer([parameter]);
        Models.RandomGradients([parameter]);
        using (NewDisposeScope()) optimizer.to(TestDevice.Device);
        optimizer.step();
        Assert.Equal(TestDevice.Device.type, ((MatrixState)optimizer.state_dict().State[0]).momentum_buffer.device_type);
    }

    [Fact]
    public void Options_replaced_on_a_live_group_are_those_that_the_step_reads_and_a_file_holds()
    {
        var parameter = Models.Parameter(4, 6);
        using var optimizer = new Muon([parameter], lr: 0.01);
        var group = (Muon.ParamGroup)optimizer.ParamGroups.Single();
        group.Options = new() { LearningRate = 0.5, weight_decay = 0, lr_scale = LrScale.None };
        Models.RandomGradients([parameter]);
        var before = parameter.detach().clone();
        optimizer.step();
        // Muon's five steps leave singular values between 0.7 and 1.2.
        Assert.InRange((parameter - before).norm().item<float>() / 0.5, 0.65 * 2, 1.25 * 2);

        using var loaded = new Muon([Models.Parameter(4, 6)]);
        Saving.Load(loaded, Saving.Bytes(optimizer));
        Assert.Equal((0.5, 0.0), (loaded.ParamGroups.Single().LearningRate,
            ((Muon.ParamGroup)loaded.ParamGroups.Single()).Options.weight_decay));
    }

    [Fact]
    public void The_options_given_are_not_written_to()
    {
        var options = new RootOptimizer.Options { weight_decay = 0 };
        var parameter = Models.Parameter(4, 6);
        using var optimizer = new RootOptimizer([new RootOptimizer.ParamGroup([parameter], options)], lr: 0.2);
        Assert.Throws<ArgumentException>(() => optimizer.add_param_group(new RootOptimizer.ParamGroup([parameter], options)));
        Assert.Null(options.LearningRate);
        Assert.Equal(0.2, optimizer.ParamGroups.Single().LearningRate);
    }
}
