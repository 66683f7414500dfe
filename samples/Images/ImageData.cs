using System.Buffers.Binary;
using System.IO.Compression;
using CharGpt;
using static TorchSharp.torch;

namespace Images;

/// <summary>Labelled images: pixels as bytes, each image one row.</summary>
public sealed record ImageSet(Tensor Pixels, Tensor Labels)
{
    public long Count => Labels.shape[0];

    public ImageSet First(long count) => new(Pixels.narrow(0, 0, count), Labels.narrow(0, 0, count));
}

/// <summary>A training and a test set of ten classes.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Train">To train on.</param>
/// <param name="Test">To test on.</param>
/// <param name="Mean">Of each channel of the training set, pixels in [0, 1].</param>
/// <param name="Deviation">Of each channel.</param>
public sealed record ImageData(string Name, ImageSet Train, ImageSet Test, float[] Mean, float[] Deviation)
{
    /// <summary>Of either data set.</summary>
    public const int Classes = 10;

    private const string Debian = "/usr/share/datasets/fashion-mnist";

    /// <summary>Height and width.</summary>
    public int Side => (int)Math.Sqrt(Train.Pixels.shape[1] / Mean.Length);

    /// <summary>Inputs of the network, (b, features), normalised by channel; a new tensor.</summary>
    public Tensor Inputs(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        var channels = pixels.to(float32).div_(255).reshape(pixels.shape[0], Mean.Length, -1);
        var mean = tensor(Mean).reshape(1, -1, 1);
        return channels.sub_(mean).div_(tensor(Deviation).reshape(1, -1, 1)).flatten(1).MoveToOuterDisposeScope();
    }

    /// <summary>From a folder with the files of either data set; by default where Debian puts Fashion-MNIST.</summary>
    public static ImageData Load(string? folder, int? limit)
    {
        folder ??= Debian;
        try
        {
            var data = File.Exists(Path.Combine(folder, "data_batch_1.bin")) ? Cifar(folder)
                : Find(folder, "train-images-idx3-ubyte") is not null ? FashionMnist(folder)
                : throw new UserException(
                    $"{folder} holds neither CIFAR-10's binary files (data_batch_1.bin, ...) nor Fashion-MNIST's "
                    + "(train-images-idx3-ubyte.gz, ...). On Debian: apt-get install dataset-fashion-mnist. "
                    + "Else: --data DIR.");
            return limit is { } count && count < data.Train.Count
                ? data with { Train = data.Train.First(count) } : data;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new UserException($"--data {folder}: {e.Message}");
        }
    }

    private static string? Find(string folder, string name) =>
        new[] { name, name + ".gz" }.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);

    private static ImageData FashionMnist(string folder)
    {
        ImageSet Set(string part)
        {
            var (pixels, labels) = (Idx(folder, part + "-images-idx3-ubyte"), Idx(folder, part + "-labels-idx1-ubyte"));
            if (pixels.shape.Length != 3 || labels.shape.Length != 1 || pixels.shape[0] != labels.shape[0] || labels.shape[0] == 0)
                throw new InvalidDataException($"{part}: images of shape ({string.Join(", ", pixels.shape)}) do not go with "
                    + $"labels of shape ({string.Join(", ", labels.shape)})");
            return new(tensor(pixels.data).reshape(pixels.shape[0], -1), Labels(part, labels.data));
        }
        return new("Fashion-MNIST", Set("train"), Set("t10k"), [0.2860f], [0.3530f]);
    }

    /// <summary>
    /// An idx file: 0, 0, type 8 (bytes), the number of dimensions, each big-endian in four bytes, the data.
    /// </summary>
    private static (long[] shape, byte[] data) Idx(string folder, string name)
    {
        var path = Find(folder, name) ?? throw new InvalidDataException($"{name} is missing");
        using var file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz") ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        var bytes = content.ToArray();
        if (bytes.Length < 4 || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8 || bytes.Length < 4 + 4 * bytes[3])
            throw new InvalidDataException($"{name} is no idx file of bytes");
        var shape = Enumerable.Range(0, bytes[3])
            .Select(i => (long)BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4 + 4 * i))).ToArray();
        var data = bytes[(4 + 4 * shape.Length)..];
        if (data.Length != shape.Aggregate(1L, (product, size) => product * size))
            throw new InvalidDataException($"{name} is cut short");
        return (shape, data);
    }

    private static Tensor Labels(string file, byte[] labels) => labels.Max() < Classes
        ? tensor(labels).to(int64)
        : throw new InvalidDataException($"{file} has the label {labels.Max()}; there are {Classes} classes");

    private static ImageData Cifar(string folder)
    {
        const int image = 3 * 32 * 32;
        ImageSet Set(IEnumerable<string> names)
        {
            var bytes = names.SelectMany(name => File.ReadAllBytes(Path.Combine(folder, name))).ToArray();
            if (bytes.Length == 0 || bytes.Length % (1 + image) != 0)
                throw new InvalidDataException("the files are no CIFAR-10 of whole images");
            var all = tensor(bytes).reshape(-1, 1 + image);
            return new(all.narrow(1, 1, image).contiguous(), Labels(names.First(), all.select(1, 0).contiguous().data<byte>().ToArray()));
        }
        return new("CIFAR-10", Set(Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin")), Set(["test_batch.bin"]),
            [0.49139968f, 0.48215827f, 0.44653124f], [0.24703233f, 0.24348505f, 0.26158768f]);
    }
}
