using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Contract;

/// <summary>What the library takes from gradients and the switches around them.</summary>
public class AutogradContractTests
{
    [Fact]
    public void Each_get_of_a_gradient_is_another_wrapper_of_the_same_memory()
    {
        using var w = ones(2, requires_grad: true);
        Assert.Null(w.grad);
        (w * w).sum().backward();
        using var first = w.grad!;
        using var second = w.grad!;
        Assert.NotSame(first, second);
        Assert.NotEqual(first.Handle, second.Handle);
        first.mul_(5);
        Assert.Equal([10, 10], second.data<float>().ToArray());
    }

    [Fact]
    public void Gradients_accumulate_and_can_be_set_and_cleared()
    {
        using var w = ones(2, requires_grad: true);
        (w * 3).sum().backward();
        (w * 3).sum().backward();
        Assert.Equal([6, 6], w.grad!.data<float>().ToArray());
        w.grad = zeros(2);
        Assert.Equal([0, 0], w.grad!.data<float>().ToArray());
        w.grad = null;
        Assert.Null(w.grad);
    }

    [Fact]
    public void Modes_nest_and_are_those_of_a_thread()
    {
        Assert.True(is_grad_enabled());
        using (no_grad())
        {
            Assert.False(is_grad_enabled());
            using (enable_grad())
                Assert.True(is_grad_enabled());
            Assert.False(is_grad_enabled());
            var other = false;
            var thread = new Thread(() => other = is_grad_enabled());
            thread.Start();
            thread.Join();
            Assert.True(other);
        }
        Assert.True(is_grad_enabled());
    }

    [Fact]
    public void A_leaf_is_changed_in_place_only_without_gradients()
    {
        using var w = ones(2, requires_grad: true);
        Assert.Throws<ExternalException>(() => w.add_(1));
        using (no_grad())
            w.add_(1);
        Assert.Equal([2, 2], w.detach().data<float>().ToArray());
        Assert.True(w is { requires_grad: true, is_leaf: true });
    }

    [Fact]
    public void A_graph_is_used_once_unless_it_is_retained()
    {
        using var w = ones(2, requires_grad: true);
        using var loss = (w * w).sum();
        loss.backward(retain_graph: true);
        loss.backward();
        Assert.Throws<ExternalException>(() => loss.backward());
    }

    [Fact]
    public void Autograd_grad_leaves_the_leaves_as_they_are()
    {
        using var w = ones(2, requires_grad: true);
        var gradients = autograd.grad([(w * 4).sum()], [w]);
        Assert.Equal([4, 4], Assert.Single(gradients).data<float>().ToArray());
        Assert.Null(w.grad);
    }
}
