using System.Buffers.Binary;
using System.IO.Compression;
using CharGpt;
using Images;
using TorchSharp;

namespace Root.Optimizers.Tests.Samples;

public sealed class ImageDataTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("images").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Idx(int[] shape, byte[] data)
    {
        var header = new byte[4 + 4 * shape.Length];
        (header[2], header[3]) = (8, (byte)shape.Length);
        for (var i = 0; i < shape.Length; i++) BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * i), shape[i]);
        return [.. header, .. data];
    }

    private void Write(string name, byte[] bytes, bool zipped = false)
    {
        using var file = File.Create(Path.Combine(_folder, zipped ? name + ".gz" : name));
        using Stream stream = zipped ? new GZipStream(file, CompressionLevel.Fastest) : file;
        stream.Write(bytes);
    }

    private void WriteFashion(bool zipped = false)
    {
        foreach (var (part, count) in new[] { ("train", 3), ("t10k", 2) })
        {
            Write($"{part}-images-idx3-ubyte", Idx([count, 2, 2], [.. Enumerable.Range(0, count * 4).Select(i => (byte)i)]), zipped);
            Write($"{part}-labels-idx1-ubyte", Idx([count], [.. Enumerable.Range(0, count).Select(i => (byte)(9 - i))]), zipped);
        }
    }

    private string Refusal() => Assert.Throws<UserException>(() => ImageData.Load(_folder, null)).Message;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Idx_files_are_read_plain_and_zipped(bool zipped)
    {
        WriteFashion(zipped);
        var data = ImageData.Load(_folder, null);
        Assert.Equal((3, 2, 2), (data.Train.Count, data.Test.Count, data.Side));
        Assert.Equal([4, 5, 6, 7], data.Train.Pixels[1].data<byte>().ToArray());
        Assert.Equal([9, 8, 7], data.Train.Labels.data<long>().ToArray());
        Assert.Equal(2, ImageData.Load(_folder, 2).Train.Count);
        Assert.Equal(-0.2860 / 0.3530, data.Inputs(data.Train.Pixels)[0, 0].item<float>(), 5);
    }

    [Fact]
    public void Cifar_files_are_read()
    {
        byte[] Image(byte label) => [label, .. Enumerable.Repeat((byte)(10 * label), 3 * 32 * 32)];
        for (byte i = 1; i <= 5; i++) Write($"data_batch_{i}.bin", Image(i));
        Write("test_batch.bin", Image(7));
        var data = ImageData.Load(_folder, null);
        Assert.Equal((5, 1, 32), (data.Train.Count, data.Test.Count, data.Side));
        Assert.Equal([1, 2, 3, 4, 5], data.Train.Labels.data<long>().ToArray());
        Assert.Equal(70, data.Test.Pixels[0, 3071].item<byte>());

        Write("data_batch_3.bin", Image(11));
        Assert.Contains("label 11", Refusal());
        File.Delete(Path.Combine(_folder, "data_batch_4.bin"));
        Assert.Contains("data_batch_4.bin", Refusal());
    }

    [Fact]
    public void What_is_damaged_is_refused_by_name()
    {
        Assert.Contains("dataset-fashion-mnist", Refusal());
        WriteFashion();
        Write("train-images-idx3-ubyte", Idx([3, 2, 2], new byte[11]));
        Assert.Contains("train-images-idx3-ubyte is cut short", Refusal());
        Write("train-images-idx3-ubyte", [1, 2, 3, 4, 5]);
        Assert.Contains("train-images-idx3-ubyte is no idx file", Refusal());
        Write("train-images-idx3-ubyte", Idx([4, 2, 2], new byte[16]));
        Assert.Contains("train: images of shape (4, 2, 2)", Refusal());
        WriteFashion();
        Write("t10k-labels-idx1-ubyte", Idx([2], [3, 10]));
        Assert.Contains("label 10", Refusal());
        File.Delete(Path.Combine(_folder, "t10k-labels-idx1-ubyte"));
        Assert.Contains("t10k-labels-idx1-ubyte is missing", Refusal());
        Assert.Throws<UserException>(() => ImageData.Load(Path.Combine(_folder, "none"), null));
    }
}
