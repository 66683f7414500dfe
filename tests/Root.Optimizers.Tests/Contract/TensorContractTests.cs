using System.Runtime.InteropServices;
using Root.Optimizers.LinearAlgebra;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Contract;

/// <summary>What the library takes from tensors where TorchSharp's differ from PyTorch's, or where a step rests on it.</summary>
public class TensorContractTests
{
    /// <summary>BatchedProduct asks the library which order it has; this tells when the answer changes.</summary>
    [Fact]
    public void Baddbmm_is_beta_times_the_second_batch_plus_alpha_times_this_times_the_first()
    {
        using var scope = NewDisposeScope();
        var (a, b, c) = (Whole(2, 3, 4), Whole(2, 4, 5), Whole(2, 3, 5));
        Close.Exactly(a.bmm(b) * 3 + c * 2, a.baddbmm(b, c, beta: 2, alpha: 3));

        // Small whole numbers, whose products and sums are exact in float32.
        static Tensor Whole(params long[] shape) => arange(shape.Aggregate((x, y) => x * y), float32).reshape(shape);
    }

    /// <summary>So SymmetricProduct writes strips into memory that nothing has filled.</summary>
    [Fact]
    public void Addmm_with_beta_zero_ignores_what_a_view_held_and_writes_into_its_memory()
    {
        using var scope = NewDisposeScope();
        var whole = full(2, 4, double.NaN);
        var two = eye(2) * 2;
        whole.narrow(1, 2, 2).addmm_(two, two, beta: 0, alpha: .5f);
        Assert.Equal([float.NaN, float.NaN, 2, 0, float.NaN, float.NaN, 0, 2], whole.data<float>().ToArray());
    }

    [Fact]
    public void Each_get_of_a_gradient_is_another_wrapper_of_the_same_memory()
    {
        using var w = ones(2, requires_grad: true);
        Assert.Null(w.grad);
        (w * w).sum().backward();
        using var first = w.grad!;
        using var second = w.grad!;
        Assert.NotEqual(first.Handle, second.Handle);
        first.mul_(5);
        Assert.Equal([10, 10], second.data<float>().ToArray());
    }

    /// <summary>So a handle is the key of a Parameter object and not of its tensor.</summary>
    [Fact]
    public void An_alias_has_a_handle_of_its_own_and_the_same_elements()
    {
        using var a = ones(2);
        using var alias = a.alias();
        alias.mul_(3);
        Assert.NotEqual(a.Handle, alias.Handle);
        Assert.Equal([3, 3], a.data<float>().ToArray());
    }

    /// <summary>So steps over meta parameters show that nothing in them waits for the device.</summary>
    [Fact]
    public void Meta_tensors_have_shapes_and_no_data_to_read()
    {
        using var scope = NewDisposeScope();
        var (m, g) = (ones(2, 3, 4, device: META), ones(2, 3, 4, device: META));
        var products = m.mul_(0.9).add_(g, alpha: 0.1).bmm(g.mT);
        Assert.Equal(DeviceType.META, products.device_type);
        Assert.Equal([2, 3, 3], products.shape);
        Assert.Throws<ExternalException>(() => products.sum().item<float>());
    }
}
