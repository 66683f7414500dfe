using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Contract;

/// <summary>How TorchSharp saves optimizers and tensors, on which saved states are built.</summary>
public class SavedStateContractTests
{
    [Fact]
    public void An_optimizers_file_starts_with_the_name_of_the_class_the_counts_and_the_rates_of_the_first_group()
    {
        using var adam = optim.AdamW([nn.Parameter(zeros(2))], lr: 0.5);
        adam.ParamGroups.Single().LearningRate = 0.25;
        byte[] start = [5, .. "AdamW"u8, 1, 1, .. BitConverter.GetBytes(0.5), .. BitConverter.GetBytes(0.25)];
        Assert.Equal(start, Saving.Bytes(adam.save_state_dict)[..start.Length]);
    }

    [Fact]
    public void A_file_of_another_class_or_of_other_counts_or_a_truncated_one_is_refused()
    {
        using var adam = optim.AdamW([nn.Parameter(zeros(2))]);
        using var longer = optim.AdamW([nn.Parameter(zeros(2)), nn.Parameter(zeros(2))]);
        using var sgd = new SGD([nn.Parameter(zeros(2))], 0.1);
        var bytes = Saving.Bytes(adam.save_state_dict);
        Assert.Throws<InvalidDataException>(() => Saving.Load(sgd, bytes));
        Assert.Throws<ArgumentException>(() => Saving.Load(longer, bytes));
        Assert.Throws<EndOfStreamException>(() => Saving.Load(adam, bytes[..^3]));
    }

    [Fact]
    public void A_tensor_is_its_type_its_dimensions_and_its_bytes()
    {
        using var a = tensor(new[] { 1f, -2f }).reshape(2, 1);
        Assert.Equal([6, 2, 2, 1, 0, 0, 128, 63, 0, 0, 0, 192], Saving.Bytes(a.Save));
    }

    [Fact]
    public void A_tensor_comes_back_bit_for_bit_and_into_its_own_shape_and_type_only()
    {
        using var scope = NewDisposeScope();
        var (a, loaded) = (randn(3, 4), zeros(3, 4));
        var bytes = Saving.Bytes(a.Save);
        loaded.Load(Saving.Reader(bytes));
        Close.Exactly(a, loaded);
        Assert.Throws<ArgumentException>(() => zeros(4, 3).Load(Saving.Reader(bytes)));
        Assert.Throws<ArgumentException>(() => zeros(3, 4, float64).Load(Saving.Reader(bytes)));
        Assert.Throws<EndOfStreamException>(() => zeros(3, 4).Load(Saving.Reader(bytes[..20])));
    }

    [Fact]
    public void Only_a_contiguous_tensor_is_saved_and_zeros_like_keeps_strides()
    {
        using var scope = NewDisposeScope();
        var transposed = randn(3, 4).T;
        Assert.Throws<InvalidOperationException>(() => Saving.Bytes(transposed.Save));
        Assert.Equal([1, 4], zeros_like(transposed).stride());
    }
}
