using Root.Optimizers.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Contract;

/// <summary>What the library's own bookkeeping of tensors, and its leak tests, take from dispose scopes.</summary>
public class DisposeScopeContractTests
{
    [Fact]
    public void A_scope_disposes_what_was_made_in_it_save_what_was_moved_out_and_the_statistics_count_what_lives()
    {
        var before = LiveTensors.Count;
        Tensor inner, moved, detached;
        using (NewDisposeScope())
        {
            using (NewDisposeScope())
            {
                inner = ones(2);
                moved = inner.neg().MoveToOuterDisposeScope();
                detached = inner.neg().DetachFromDisposeScope();
                Assert.Equal(before + 3, LiveTensors.Count);
            }
            Assert.True(inner.IsInvalid);
            Assert.False(moved.IsInvalid);
        }
        Assert.True(moved.IsInvalid);
        Assert.False(detached.IsInvalid);
        Assert.Equal(before + 1, LiveTensors.Count);
        detached.Dispose();
        Assert.Equal(before, LiveTensors.Count);
    }

    [Fact]
    public void Operations_in_place_make_no_tensor_but_zero_does()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (ones(3), ones(3));
        var changed = a.add_(b, .5f).mul_(2f).sub_(b).clamp_(0, 1).copy_(b).addcmul_(a, b, .1f).addcdiv_(a, b, 1).sqrt_().neg_();
        Assert.Same(a, changed);
        Assert.Equal(2, scope.DisposablesCount);
        a.zero_();
        Assert.Equal(3, scope.DisposablesCount);
    }

    [Fact]
    public void A_tensor_that_is_moved_between_devices_belongs_to_the_scope_even_where_nothing_moves()
    {
        using var a = ones(3);
        Tensor same, copy;
        using (NewDisposeScope())
        {
            same = a.to(CPU);
            copy = a.to(CPU, copy: true);
        }
        Assert.True(same.IsInvalid);
        Assert.True(copy.IsInvalid);
        Assert.Equal(3, a.sum().item<float>());
    }
}
