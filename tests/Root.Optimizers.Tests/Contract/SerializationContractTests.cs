using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Contract;

/// <summary>The format of a saved tensor, on which the library's checkpoints are built.</summary>
public class SerializationContractTests
{
    private static BinaryReader Saved(params Tensor[] tensors)
    {
        var stream = new MemoryStream();
        var writer = new BinaryWriter(stream);
        foreach (var tensor in tensors) tensor.Save(writer);
        writer.Flush();
        stream.Position = 0;
        return new BinaryReader(stream);
    }

    [Fact]
    public void A_tensor_is_its_type_its_dimensions_and_its_bytes()
    {
        using var a = tensor(new[] { 1f, -2f }).reshape(2, 1);
        using var reader = Saved(a);
        Assert.Equal([6, 2, 2, 1, 0, 0, 128, 63, 0, 0, 0, 192], reader.ReadBytes(100));
    }

    [Fact]
    public void Lengths_above_127_take_more_bytes()
    {
        using var a = zeros(300, uint8);
        using var reader = Saved(a);
        Assert.Equal([0, 1, 0xAC, 0x02], reader.ReadBytes(4));
        Assert.Equal(300, reader.ReadBytes(1000).Length);
    }

    [Fact]
    public void Tensors_come_back_bit_for_bit_one_after_another()
    {
        using var a = randn(3, 4);
        using var b = randn(5, dtype: bfloat16);
        using var reader = Saved(a, b);
        using var first = Tensor.Load(reader);
        using var second = zeros(5, bfloat16);
        second.Load(reader);
        Assert.True(first.Equals(a));
        Assert.True(second.Equals(b));
    }

    [Fact]
    public void Another_shape_or_type_or_a_truncated_stream_is_refused()
    {
        using var a = randn(3, 4);
        using var shape = zeros(4, 3);
        using var type = zeros(3, 4, float64);
        Assert.Throws<ArgumentException>(() => shape.Load(Saved(a)));
        Assert.Throws<ArgumentException>(() => type.Load(Saved(a)));
        using var truncated = Saved(a);
        truncated.BaseStream.SetLength(20);
        Assert.Throws<EndOfStreamException>(() => zeros(3, 4).Load(truncated));
    }

    [Fact]
    public void Only_a_contiguous_tensor_is_saved()
    {
        using var a = randn(3, 4);
        Assert.Throws<InvalidOperationException>(() => Saved(a.T));
    }

    [Fact]
    public void Loading_fills_a_parameter_without_a_trace_in_its_graph()
    {
        using var a = randn(3);
        using var w = zeros(3, requires_grad: true);
        w.Load(Saved(a));
        Assert.True(w.is_leaf);
        Assert.True(w.detach().Equals(a));
    }
}
