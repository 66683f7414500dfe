using System.Buffers.Binary;
using System.IO.Compression;
using static TorchSharp.torch;

namespace Images;

/// <summary>Fashion-MNIST's four idx files, or any of MNIST's form; plain or zipped.</summary>
internal static class FashionMnist
{
    private static readonly string[] Parts = ["train", "t10k"];

    public static bool IsIn(string folder) =>
        Parts.SelectMany(part => new[] { Images(part), Labels(part) }).Any(name => Find(folder, name) is not null);

    public static ImageData Read(string folder)
    {
        var sets = Parts.Select(part => Set(folder, part)).ToArray();
        var (train, test) = (sets[0].Pixels.shape[1], sets[1].Pixels.shape[1]);
        return train == test
            ? new("Fashion-MNIST", sets[0], sets[1], [0.2860f], [0.3530f])
            : throw new InvalidDataException(
                $"{Images("t10k")} has images of {test} pixels, {Images("train")} of {train}");
    }

    private static string Images(string part) => part + "-images-idx3-ubyte";

    private static string Labels(string part) => part + "-labels-idx1-ubyte";

    private static string? Find(string folder, string name) =>
        new[] { name, name + ".gz" }.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);

    private static ImageSet Set(string folder, string part)
    {
        var (images, labels) = (Idx(folder, Images(part), 3), Idx(folder, Labels(part), 1));
        var (count, height, width) = (images.shape[0], images.shape[1], images.shape[2]);
        if (count == 0 || height == 0 || height != width)
            throw new InvalidDataException($"{Images(part)} has {count} images of {height} x {width}: no square ones");
        if (labels.shape[0] != count)
            throw new InvalidDataException(
                $"{Labels(part)} has {labels.shape[0]} labels, {Images(part)} {count} images");
        return ImageSet.Of(Labels(part), tensor(images.data).reshape(count, -1), labels.data);
    }

    /// <summary>
    /// An idx file: 0, 0, type 8 (bytes), the number of dimensions, each big-endian in four bytes, the data.
    /// </summary>
    private static (long[] shape, byte[] data) Idx(string folder, string name, int dimensions)
    {
        var path = Find(folder, name) ?? throw new InvalidDataException($"{name} is missing");
        var bytes = path.EndsWith(".gz", StringComparison.Ordinal) ? Unzipped(path) : File.ReadAllBytes(path);
        var header = 4 + 4 * dimensions;
        if (bytes is not [0, 0, 8, var given, ..] || given != dimensions || bytes.Length < header)
            throw new InvalidDataException($"{name} is no idx file of bytes in {dimensions} dimensions");
        var shape = Enumerable.Range(1, dimensions)
            .Select(i => (long)BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(4 * i))).ToArray();
        var expected = header + shape.Aggregate(Int128.One, (product, size) => product * size);
        if (bytes.Length != expected)
            throw new InvalidDataException($"{name} has {bytes.Length} bytes, not the {expected} of its header");
        return (shape, bytes[header..]);
    }

    private static byte[] Unzipped(string path)
    {
        using var zipped = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var content = new MemoryStream();
        try
        {
            zipped.CopyTo(content);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{Path.GetFileName(path)} cannot be unzipped: {e.Message}", e);
        }
        return content.ToArray();
    }
}
