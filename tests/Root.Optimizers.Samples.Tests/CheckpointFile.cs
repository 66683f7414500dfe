using System.IO.Compression;
using System.Text;
using CharGpt;

namespace Root.Optimizers.Samples.Tests;

/// <summary>Checkpoints taken apart and put together again, by hand.</summary>
internal static class CheckpointFile
{
    /// <summary>The parts of a checkpoint.</summary>
    public static (string Name, byte[] Content)[] Parts(byte[] zip)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        return [.. archive.Entries.Select(entry =>
        {
            using var content = new MemoryStream();
            using var stream = entry.Open();
            stream.CopyTo(content);
            return (entry.FullName, content.ToArray());
        })];
    }

    /// <summary>What the parts hold: two checkpoints of one run differ in the times that the zip notes.</summary>
    public static IEnumerable<string> Contents(byte[] zip) => Parts(zip).Select(part => Latin1(part.Content));

    /// <summary>Parts put together as a checkpoint is, but for what is asked.</summary>
    public static byte[] Zip(
        IEnumerable<(string Name, byte[] Content)> parts, string? compressed = null, bool seal = true)
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true) { Comment = new string('0', 64) })
        {
            foreach (var (name, content) in parts)
            {
                var level = name == compressed ? CompressionLevel.Fastest : CompressionLevel.NoCompression;
                using var stream = archive.CreateEntry(name, level).Open();
                stream.Write(content);
            }
        }

        if (seal)
        {
            SealedZip.Seal(file);
        }

        return file.ToArray();
    }

    /// <summary>Makes the checksum that of the content.</summary>
    public static void Seal(byte[] file) => SealedZip.Seal(new MemoryStream(file));

    /// <summary>Changes the lengths that the zip's directory gives of an entry, both, or the unpacked one to the packed.</summary>
    public static void Overwrite(byte[] zip, string name, uint? length)
    {
        // The directory's record: compressed size at 20, size at 24, name at 46.
        var record = Latin1(zip).LastIndexOf(name, StringComparison.Ordinal) - 46;
        BitConverter.TryWriteBytes(zip.AsSpan(record + 24), length ?? BitConverter.ToUInt32(zip, record + 20));
        if (length is { } both)
        {
            BitConverter.TryWriteBytes(zip.AsSpan(record + 20), both);
        }

        Seal(zip);
    }

    /// <summary>As BinaryWriter writes a short string.</summary>
    public static string Prefixed(string name) => (char)name.Length + name;

    public static string Latin1(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    public static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);
}
