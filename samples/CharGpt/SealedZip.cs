using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace CharGpt;

/// <summary>
/// Several parts in one file: a zip whose entries are stored as they are and whose comment is the SHA-256 of all bytes before it. So
/// no byte can change unseen, of a part or of the zip itself, and reading takes no more memory than the file is long.
/// </summary>
public sealed class SealedZip : IDisposable
{
    // In hexadecimal, at the file's end.
    private const int SealLength = 2 * SHA256.HashSizeInBytes;

    private readonly FileStream file;
    private readonly ZipArchive archive;

    /// <summary>Opens a file that holds exactly these parts.</summary>
    /// <exception cref="InvalidDataException">It does not, or was damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public SealedZip(string path, IReadOnlyCollection<string> parts)
    {
        file = File.OpenRead(path);
        try
        {
            if (file.Length < SealLength || Checksum(file) != ReadSeal(file))
            {
                throw new InvalidDataException("it is damaged or of another kind: its checksum is not that of its content.");
            }

            archive = new ZipArchive(file, ZipArchiveMode.Read);
            CheckEntries(parts);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes the parts, in order, to an empty file that can be read, too.</summary>
    public static void Write(Stream file, params (string Name, Action<Stream> Write)[] parts)
    {
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true) { Comment = new string('0', SealLength) })
        {
            foreach (var (name, write) in parts)
            {
                using var stream = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
                write(stream);
            }
        }

        Seal(file);
    }

    /// <summary>Puts the checksum of all that stands before them over the last 64 bytes, a zip's comment.</summary>
    public static void Seal(Stream file)
    {
        var seal = Checksum(file);
        file.Position = file.Length - SealLength;
        file.Write(Encoding.ASCII.GetBytes(seal));
    }

    /// <summary>Bytes of a part.</summary>
    public long LengthOf(string part) => archive.GetEntry(part)!.Length;

    /// <summary>A part's content.</summary>
    public MemoryStream Read(string part)
    {
        var content = new byte[LengthOf(part)];
        using var stream = archive.GetEntry(part)!.Open();
        stream.ReadExactly(content);
        return new MemoryStream(content, writable: false);
    }

    public void Dispose() => archive.Dispose();

    private void CheckEntries(IReadOnlyCollection<string> parts)
    {
        if (!archive.Entries.Select(entry => entry.FullName).Order().SequenceEqual(parts.Order()))
        {
            throw new InvalidDataException($"it does not hold {string.Join(", ", parts)}, each once, and nothing else.");
        }

        // Of all, too: two entries may be said to lie at one place.
        if (archive.Entries.Any(entry => entry.Length != entry.CompressedLength || entry.Length > file.Length)
            || archive.Entries.Sum(entry => entry.Length) > file.Length)
        {
            throw new InvalidDataException("its parts are compressed, or said to be longer than the file.");
        }
    }

    private static string ReadSeal(Stream file)
    {
        var seal = new byte[SealLength];
        file.Position = file.Length - SealLength;
        file.ReadExactly(seal);
        return Encoding.ASCII.GetString(seal);
    }

    private static string Checksum(Stream file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        file.Position = 0;
        for (var left = file.Length - SealLength; left > 0;)
        {
            var chunk = buffer.AsSpan(0, (int)Math.Min(left, buffer.Length));
            file.ReadExactly(chunk);
            hash.AppendData(chunk);
            left -= chunk.Length;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
