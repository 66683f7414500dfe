using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Contract;

/// <summary>What the library takes from tensors, and where TorchSharp's differ from PyTorch's.</summary>
public class TensorContractTests
{
    private static float[] Values(Tensor tensor) => tensor.data<float>().ToArray();

    [Fact]
    public void In_place_methods_return_the_tensor_itself()
    {
        using var a = rand(2, 2);
        using var b = rand(2, 2);
        Assert.Same(a, a.add_(b, .5f));
        Assert.Same(a, a.mul_(2));
        Assert.Same(a, a.lerp_(b, b));
        Assert.Same(a, a.addcmul_(a, b, .5f));
        Assert.Same(a, a.addmm_(b, b, beta: 0));
        Assert.Same(a, a.clamp_min_(0));
        Assert.Same(a, a.copy_(b));
        Assert.Same(a, a.requires_grad_());
    }

    [Fact]
    public void The_static_clamps_of_one_side_are_not_in_place()
    {
        using var a = tensor(new[] { -1f, 1f });
        using var clamped = clamp_min_(a, 0);
        Assert.Equal([-1, 1], Values(a));
        Assert.Equal([0, 1], Values(clamped));
    }

    [Fact]
    public void Addmm_with_beta_zero_ignores_what_the_buffer_held()
    {
        using var buffer = full(2, 2, double.NaN);
        using var two = eye(2) * 2;
        buffer.addmm_(two, two, beta: 0, alpha: .5f);
        Assert.Equal([2, 0, 0, 2], Values(buffer));
    }

    /// <summary>In TorchSharp 0.107 the second batch is the summand, and this tensor the first factor.</summary>
    [Fact]
    public void Baddbmm_is_beta_times_the_second_batch_plus_alpha_times_this_times_the_first()
    {
        using var a = rand(2, 3, 4);
        using var b = rand(2, 4, 5);
        using var c = rand(2, 3, 5);
        using var fused = a.baddbmm(b, c, beta: 2, alpha: 3);
        using var expected = a.bmm(b) * 3 + c * 2;
        Assert.True(fused.allclose(expected, rtol: 1e-5));
    }

    [Fact]
    public void Quantile_takes_its_fraction_as_a_tensor_and_interpolates()
    {
        using var a = tensor(new[] { 4f, 1, 3, 2 });
        using var quantile = a.quantile(tensor(.5f));
        Assert.Equal(2.5f, quantile.item<float>());
        Assert.Throws<ExternalException>(() => a.quantile(tensor(.5)));
    }

    [Fact]
    public void Kthvalue_counts_from_one_over_the_last_dimension()
    {
        using var a = tensor(new[] { 4f, 1, 3, 2 });
        var (values, indices) = a.kthvalue(2, null);
        Assert.Equal(2f, values.item<float>());
        Assert.Equal(3L, indices.item<long>());
    }

    [Fact]
    public void A_failed_operation_throws_what_libtorch_says()
    {
        using var a = rand(2, 3);
        var error = Assert.Throws<ExternalException>(() => a.mm(a));
        Assert.StartsWith("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)", error.Message);
    }

    [Fact]
    public void A_disposed_tensor_has_no_handle()
    {
        var a = ones(1);
        a.Dispose();
        a.Dispose();
        Assert.True(a.IsInvalid);
        Assert.Throws<InvalidOperationException>(() => a.Handle);
        Assert.Throws<InvalidOperationException>(() => a.shape);
    }

    [Fact]
    public void An_alias_has_a_handle_of_its_own_and_the_same_elements()
    {
        using var a = ones(2);
        using var alias = a.alias();
        alias.mul_(3);
        Assert.NotEqual(a.Handle, alias.Handle);
        Assert.Equal([3, 3], Values(a));
    }

    [Fact]
    public void An_array_is_copied_by_tensor_and_shared_by_as_tensor()
    {
        var array = new[] { 1f, 2f };
        using var copied = tensor(array);
        using var shared = as_tensor(array);
        array[0] = 9;
        Assert.Equal([1, 2], Values(copied));
        Assert.Equal([9, 2], Values(shared));
    }

    [Fact]
    public void Indexing_reads_and_writes()
    {
        using var a = arange(12, float32).reshape(3, 4);
        Assert.Equal([4, 5, 6, 7], Values(a[1]));
        Assert.Equal(11f, a[^1, ^1].item<float>());
        Assert.Equal([0, 1, 4, 5], Values(a[..2, ..2].contiguous()));
        Assert.Equal([2, 10], Values(a[TensorIndex.Slice(0, null, 2), 2]));
        Assert.Equal([8, 0], Values(a[tensor(new[] { 2L, 0 })][TensorIndex.Ellipsis, 0]));
        a[0, 0] = 5f;
        a[1..] = zeros(2, 4);
        a[a > 2] = -1f;
        Assert.Equal([-1, 1, 2, -1, 0, 0, 0, 0, 0, 0, 0, 0], Values(a));
    }

    [Fact]
    public void Elements_come_in_the_order_of_the_indices_whatever_the_strides()
    {
        using var a = arange(6, float32).reshape(2, 3);
        Assert.Equal([0, 3, 1, 4, 2, 5], Values(a.T));
        Assert.Equal(4f, a.T.data<float>()[1, 1]);
        Assert.Throws<ArgumentException>(() => a.data<double>());
        Assert.Equal(new[] { 1L, 3 }, a.T.stride());
        Assert.Equal(new[] { 1L, 3 }, zeros_like(a.T).stride());
    }

    [Fact]
    public void A_view_shares_the_storage_from_its_offset_on()
    {
        using var a = arange(6, float32);
        using var view = a[2..];
        Assert.Equal(a.storage<float>().data_ptr(), view.storage<float>().data_ptr());
        Assert.Equal(2, view.storage_offset());
    }

    [Fact]
    public void Numbers_take_the_tensors_type_and_integers_become_floats()
    {
        using var half = ones(2, bfloat16);
        using var whole = arange(3);
        Assert.Equal(bfloat16, (half * 2.5).dtype);
        Assert.Equal(float32, (whole * 1.5).dtype);
        Assert.Equal(int64, (whole + 1).dtype);
    }

    [Fact]
    public void A_seed_repeats_the_numbers()
    {
        manual_seed(3);
        using var first = randn(8);
        manual_seed(3);
        using var second = randn(8);
        Assert.Equal(Values(first), Values(second));
    }
}
