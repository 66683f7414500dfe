using static TorchSharp.torch;

namespace Images;

/// <summary>CIFAR-10's six binary files: per image a byte for the label, then the channels' pixels.</summary>
internal static class Cifar
{
    private const int Pixels = 3 * 32 * 32;
    private const string TestFile = "test_batch.bin";

    private static readonly string[] TrainFiles = [.. Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin")];

    public static bool IsIn(string folder) => Missing(folder).Length < TrainFiles.Length + 1;

    public static ImageData Read(string folder)
    {
        if (Missing(folder) is { Length: > 0 } missing)
            throw new InvalidDataException($"missing of CIFAR-10's binary files: {string.Join(", ", missing)}");
        var train = TrainFiles.Select(name => Set(folder, name)).ToArray();
        var joined = new ImageSet(cat([.. train.Select(s => s.Pixels)]), cat([.. train.Select(s => s.Labels)]));
        // TorchSharp lets go of a list once it has its handles, and nothing else holds the parts.
        GC.KeepAlive(train);
        return new("CIFAR-10", joined, Set(folder, TestFile),
            [0.49139968f, 0.48215827f, 0.44653124f], [0.24703233f, 0.24348505f, 0.26158768f]);
    }

    private static string[] Missing(string folder) =>
        [.. TrainFiles.Append(TestFile).Where(name => !File.Exists(Path.Combine(folder, name)))];

    private static ImageSet Set(string folder, string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(folder, name));
        if (bytes.Length == 0 || bytes.Length % (1 + Pixels) != 0)
            throw new InvalidDataException($"{name} has {bytes.Length} bytes, no multiple of an image's {1 + Pixels}");
        var labels = Enumerable.Range(0, bytes.Length / (1 + Pixels)).Select(i => bytes[i * (1 + Pixels)]).ToArray();
        return ImageSet.Of(name, tensor(bytes).reshape(-1, 1 + Pixels).narrow(1, 1, Pixels).contiguous(), labels);
    }
}
