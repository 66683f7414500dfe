using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Contract;

/// <summary>What the library takes from TorchSharp's base of optimizers.</summary>
public class OptimizerContractTests
{
    [Fact]
    public void The_closure_runs_with_gradients_and_the_body_without_and_in_a_scope_of_its_own()
    {
        using var probe = new Probe();
        var (closure, body, made) = (false, true, ones(1));
        probe.Body = () => (body, made) = (is_grad_enabled(), zeros(1));
        using var loss = probe.step(() =>
        {
            closure = is_grad_enabled();
            return ones(1);
        });
        Assert.True(closure);
        Assert.False(body);
        Assert.True(made.IsInvalid);
        Assert.False(loss.IsInvalid);
    }

    /// <summary>So every state is made when its parameter is added.</summary>
    [Fact]
    public void State_is_kept_by_the_parameters_handle_and_none_may_be_missing()
    {
        using var probe = new Probe();
        Assert.Throws<KeyNotFoundException>(() => probe.state_dict());
        using var adam = optim.AdamW([nn.Parameter(zeros(2)), nn.Parameter(zeros(2))]);
        Assert.Equal([[0, 1]], adam.state_dict().StateIndexRef);
    }

    [Fact]
    public void Zero_grad_fills_with_zeros_and_keeps_the_gradient()
    {
        using var probe = new Probe();
        var parameter = probe.parameters().Single();
        parameter.sum().backward();
        using var grad = parameter.grad!;
        probe.zero_grad();
        Assert.Equal([0, 0], grad.data<float>().ToArray());
        Assert.NotNull(parameter.grad);
    }

    /// <summary>The least that an optimizer is: one group, and no state.</summary>
    private sealed class Probe : OptimizerHelper
    {
        public Probe() => _parameter_groups = [new ParamGroup<OptimizerOptions>([nn.Parameter(ones(2))], new())];

        public Action Body { get; set; } = () => { };

        public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup>(_ => Body(), closure);
    }
}
