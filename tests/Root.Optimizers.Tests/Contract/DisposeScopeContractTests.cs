using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Contract;

/// <summary>What the library's own bookkeeping of tensors, and its leak tests, take from dispose scopes.</summary>
public class DisposeScopeContractTests
{
    private static ThreadDisposeScopeStatistics Statistics => DisposeScopeManager.Statistics;

    [Fact]
    public void A_scope_disposes_what_was_made_in_it_save_what_was_moved_out()
    {
        Tensor inner, moved, detached;
        using (var outer = NewDisposeScope())
        {
            using (NewDisposeScope())
            {
                inner = ones(2);
                moved = (inner + 1).MoveToOuterDisposeScope();
                detached = (inner + 2).DetachFromDisposeScope();
            }
            Assert.True(inner.IsInvalid);
            Assert.False(moved.IsInvalid);
            Assert.Equal(1, outer.DisposablesCount);
        }
        Assert.True(moved.IsInvalid);
        Assert.False(detached.IsInvalid);
        Assert.Null(CurrentDisposeScope);
        detached.Dispose();
    }

    [Fact]
    public void The_statistics_count_by_where_a_tensor_was_made_and_disposed()
    {
        var (inside, outside) = (Statistics.CreatedInScopeCount, Statistics.CreatedOutsideScopeCount);
        var (disposed, detached) = (Statistics.DisposedInScopeCount, Statistics.DetachedFromScopeCount);
        var live = Statistics.ThreadTotalLiveCount;
        using (NewDisposeScope())
        {
            var a = ones(2);
            a.add_(1);
            using var b = a * 2;
            b.DetachFromDisposeScope();
        }
        using (ones(1))
            Assert.Equal(live + 1, Statistics.ThreadTotalLiveCount);
        Assert.Equal(live, Statistics.ThreadTotalLiveCount);
        Assert.Equal(2, Statistics.CreatedInScopeCount - inside);
        Assert.Equal(1, Statistics.CreatedOutsideScopeCount - outside);
        Assert.Equal(1, Statistics.DisposedInScopeCount - disposed);
        Assert.Equal(1, Statistics.DetachedFromScopeCount - detached);
    }

    [Fact]
    public void Operations_in_place_make_no_tensor_but_zero_does()
    {
        using var scope = NewDisposeScope();
        var a = ones(3);
        var b = ones(3);
        var count = scope.DisposablesCount;
        a.add_(b, .5f).mul_(2f).sub_(b).div_(b).clamp_(0, 1).fill_(3).copy_(b).addcmul_(a, b, .1f).addcdiv_(a, b, 1);
        Assert.Equal(count, scope.DisposablesCount);
        a.zero_();
        Assert.Equal(count + 1, scope.DisposablesCount);
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

    [Fact]
    public void The_scopes_are_those_of_a_thread()
    {
        using var scope = NewDisposeScope();
        DisposeScope? other = scope;
        var thread = new Thread(() => other = CurrentDisposeScope);
        thread.Start();
        thread.Join();
        Assert.Null(other);
    }
}
