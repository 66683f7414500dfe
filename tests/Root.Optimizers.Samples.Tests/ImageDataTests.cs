using System.Buffers.Binary;
using System.IO.Compression;
using CharGpt;
using Images;
using Shared;
using TorchSharp;

namespace Root.Optimizers.Samples.Tests;

public sealed class ImageDataTests : IDisposable
{
    private const string TrainImages = "train-images-idx3-ubyte";
    private const string TestImages = "t10k-images-idx3-ubyte";
    private const string TrainLabels = "train-labels-idx1-ubyte";
    private const string TestLabels = "t10k-labels-idx1-ubyte";

    private readonly string _folder = Directory.CreateTempSubdirectory("images").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Idx(int[] shape, byte[] data)
    {
        var header = new byte[4 + 4 * shape.Length];
        (header[2], header[3]) = (8, (byte)shape.Length);
        for (var i = 0; i < shape.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * i), shape[i]);
        return [.. header, .. data];
    }

    private static byte[] Zipped(byte[] bytes)
    {
        using var content = new MemoryStream();
        using (var stream = new GZipStream(content, CompressionLevel.Fastest)) stream.Write(bytes);
        return content.ToArray();
    }

    private void Write(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(_folder, name), bytes);

    private void Delete(string name) => File.Delete(Path.Combine(_folder, name));

    private void WriteFashion(bool zipped = false)
    {
        void WriteIdx(string name, int[] shape, IEnumerable<int> values)
        {
            var bytes = Idx(shape, [.. values.Select(i => (byte)i)]);
            Write(zipped ? name + ".gz" : name, zipped ? Zipped(bytes) : bytes);
        }
        WriteIdx(TrainImages, [3, 2, 2], Enumerable.Range(0, 12));
        WriteIdx(TrainLabels, [3], [9, 8, 7]);
        WriteIdx(TestImages, [2, 2, 2], Enumerable.Range(0, 8));
        WriteIdx(TestLabels, [2], [9, 0]);
    }

    private void WriteCifar()
    {
        for (byte i = 1; i <= 5; i++) Write($"data_batch_{i}.bin", CifarImage(i));
        Write("test_batch.bin", CifarImage(7));
    }

    private static byte[] CifarImage(byte label) =>
        [label, .. Enumerable.Repeat((byte)(10 * label), 3 * 32 * 32)];

    private void Refuses(string why)
    {
        var message = Assert.Throws<UserException>(() => ImageData.Load(_folder, null)).Message;
        Assert.Contains(_folder, message);
        Assert.Contains(why, message);
    }

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
        WriteCifar();
        var data = ImageData.Load(_folder, null);
        Assert.Equal((5, 1, 32), (data.Train.Count, data.Test.Count, data.Side));
        Assert.Equal([1, 2, 3, 4, 5], data.Train.Labels.data<long>().ToArray());
        Assert.Equal(70, data.Test.Pixels[0, 3071].item<byte>());
        Assert.Equal(4, ImageData.LoadCifar(_folder, 4).Train.Count);
    }

    [Fact]
    public void Accuracy_is_the_share_of_right_guesses()
    {
        WriteFashion();
        var data = ImageData.Load(_folder, null);
        using var eight = torch.nn.functional.one_hot(torch.tensor([8L]), 10).to(torch.float32);
        Assert.Equal(1.0 / 3, data.Accuracy(inputs => eight.expand(inputs.shape[0], 10), data.Train), 12);
    }

    [Fact]
    public void Where_nothing_is_the_package_is_named()
    {
        Refuses("dataset-fashion-mnist");
        var none = Path.Combine(_folder, "none");
        Assert.Contains(none, Assert.Throws<UserException>(() => ImageData.Load(none, null)).Message);
    }

    [Theory]
    [InlineData(TrainImages)]
    [InlineData(TrainLabels)]
    [InlineData(TestImages)]
    [InlineData(TestLabels)]
    public void A_missing_idx_file_is_named(string name)
    {
        WriteFashion();
        Delete(name);
        Refuses($"{name} is missing");
    }

    public static TheoryData<string, byte[], string> Damaged => new()
    {
        { TrainImages, Idx([3, 2, 2], new byte[11]), $"{TrainImages} has 27 bytes, not the 28" },
        { TrainImages, [1, 2, 3, 4, 5], $"{TrainImages} is no idx file" },
        { TrainImages, Idx([3], [1, 2, 3]), $"{TrainImages} is no idx file" },
        { TrainImages, Idx([4, 2, 2], new byte[16]), $"{TrainLabels} has 3 labels, {TrainImages} 4 images" },
        { TrainImages, Idx([3, 2, 1], new byte[6]), $"{TrainImages} has 3 images of 2 x 1" },
        { TestImages, Idx([2, 3, 3], new byte[18]), $"{TestImages} has images of 9 pixels" },
        { TestLabels, Idx([2], [3, 10]), $"{TestLabels} has the label 10" },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void A_damaged_idx_file_is_named(string name, byte[] bytes, string why)
    {
        WriteFashion();
        Write(name, bytes);
        Refuses(why);
    }

    [Fact]
    public void A_damaged_zip_is_named()
    {
        WriteFashion(zipped: true);
        Write(TestLabels + ".gz", "not zipped"u8.ToArray());
        Refuses($"{TestLabels}.gz cannot be unzipped");
        WriteFashion(zipped: true);
        Write(TestImages + ".gz", Zipped(Idx([2, 2, 2], new byte[8]))[..12]);
        Refuses(TestImages);
    }

    [Fact]
    public void Missing_and_damaged_Cifar_files_are_named()
    {
        WriteCifar();
        Write("data_batch_3.bin", CifarImage(11));
        Refuses("data_batch_3.bin has the label 11");
        Write("data_batch_3.bin", CifarImage(3)[1..]);
        Refuses("data_batch_3.bin has 3072 bytes");
        Delete("data_batch_1.bin");
        Delete("test_batch.bin");
        Refuses("data_batch_1.bin, test_batch.bin");
    }

    [Fact]
    public void Who_asks_for_Cifar_gets_nothing_else()
    {
        WriteFashion();
        var message = Assert.Throws<UserException>(() => ImageData.LoadCifar(_folder, null)).Message;
        Assert.Contains("data_batch_1.bin", message);
    }
}
