using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.State;

/// <summary>
/// The safetensors container (huggingface.co/docs/safetensors): eight bytes with the length of a header in JSON, the header with
/// type, shape and place of every tensor and a dictionary of strings, then the tensors' bytes, little-endian, without gaps. Ours holds
/// in addition, under "checksum", the SHA-256 of header (with zeros in the place of the checksum) and data.
/// </summary>
internal static class Safetensors
{
    /// <summary>The key of the checksum among the metadata.</summary>
    public const string Checksum = "checksum";

    private const string Metadata = "__metadata__";

    /// <summary>The format's own limit.</summary>
    private const long LongestHeader = 100_000_000;

    private const int Chunk = 1 << 20;

    private static readonly string NoChecksum = new('0', 64);

    private static readonly Dictionary<string, ScalarType> Types = new()
    {
        ["F64"] = ScalarType.Float64, ["F32"] = ScalarType.Float32, ["F16"] = ScalarType.Float16, ["BF16"] = ScalarType.BFloat16,
    };

    /// <summary>A tensor of a file.</summary>
    /// <param name="Type">Its type.</param>
    /// <param name="Shape">Its shape.</param>
    /// <param name="Tensor">It, where it was wanted.</param>
    public sealed record Entry(ScalarType Type, long[] Shape, Tensor? Tensor);

    /// <summary>Writes a file from where the stream is.</summary>
    /// <param name="stream">Can seek.</param>
    /// <param name="entries">What tensors there are; of float64, float32, float16 or bfloat16.</param>
    /// <param name="metadata">Strings.</param>
    /// <param name="tensors">They, in this order, on any device; asked for when the ones before are written.</param>
    public static void Write(Stream stream, IEnumerable<(string name, long[] shape, ScalarType type)> entries,
        IEnumerable<(string key, string value)> metadata, IEnumerable<Tensor> tensors)
    {
        var header = Header(entries, metadata);
        // A multiple of eight, so that the data is aligned.
        header += new string(' ', (8 - Encoding.UTF8.GetByteCount(header) % 8) % 8);
        var bytes = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        stream.Write(length);
        var start = stream.Position;
        stream.Write(bytes);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(bytes);
        foreach (var tensor in tensors)
            foreach (var chunk in Chunks(tensor))
                using (chunk)
                {
                    hash.AppendData(chunk.bytes);
                    stream.Write(chunk.bytes);
                }
        var end = stream.Position;
        stream.Position = start + Encoding.UTF8.GetByteCount(header[..header.IndexOf(NoChecksum, StringComparison.Ordinal)]);
        stream.Write(Encoding.UTF8.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset())));
        stream.Position = end;
    }

    /// <summary>Reads a file, all of it checked, from where the stream is.</summary>
    /// <param name="stream">Holds it, and maybe more behind it.</param>
    /// <param name="length">The file's.</param>
    /// <param name="isWanted">Which tensors are kept.</param>
    /// <returns>What tensors there are, those that are kept on the CPU, and the metadata.</returns>
    /// <exception cref="InvalidDataException">It is no such file, or was damaged.</exception>
    public static (Dictionary<string, Entry> tensors, Dictionary<string, string> metadata) Read(Stream stream, long length,
        Predicate<string> isWanted)
    {
        var prefix = new byte[8];
        if (length < 8) throw new InvalidDataException("it is too short for a header");
        stream.ReadExactly(prefix);
        var headerLength = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (headerLength < 2 || headerLength > Math.Min(LongestHeader, length - 8))
            throw new InvalidDataException($"its header is said to have {headerLength} bytes, of {length - 8} that there are");
        var header = new byte[headerLength];
        stream.ReadExactly(header);
        var (entries, metadata) = Parse(header, length - 8 - headerLength);
        if (!metadata.TryGetValue(Checksum, out var expected) || expected.Length != NoChecksum.Length)
            throw new InvalidDataException("it has no checksum");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(header).Replace(expected, NoChecksum, StringComparison.Ordinal)));
        var tensors = new Dictionary<string, Entry>();
        foreach (var (name, type, shape) in entries)
        {
            var tensor = isWanted(name) ? empty(shape, dtype: type) : null;
            tensors[name] = new(type, shape, tensor);
            foreach (var chunk in tensor is null ? Chunks(type, shape) : Chunks(tensor))
                using (chunk)
                {
                    stream.ReadExactly(chunk.bytes);
                    hash.AppendData(chunk.bytes);
                }
        }
        if (!Convert.ToHexStringLower(hash.GetHashAndReset()).Equals(expected, StringComparison.Ordinal))
            throw new InvalidDataException("its checksum is not that of its content: it was damaged");
        return (tensors, metadata);
    }

    private static string Header(IEnumerable<(string name, long[] shape, ScalarType type)> entries,
        IEnumerable<(string key, string value)> metadata)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartObject(Metadata);
            writer.WriteString(Checksum, NoChecksum);
            foreach (var (key, value) in metadata) writer.WriteString(key, value);
            writer.WriteEndObject();
            var offset = 0L;
            foreach (var (name, shape, type) in entries)
            {
                var end = offset + shape.Aggregate(type.ElementSize(), (product, side) => product * side);
                writer.WriteStartObject(name);
                writer.WriteString("dtype", Types.Single(known => known.Value == type).Key);
                writer.WriteStartArray("shape");
                foreach (var side in shape) writer.WriteNumberValue(side);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(offset);
                writer.WriteNumberValue(end);
                writer.WriteEndArray();
                writer.WriteEndObject();
                offset = end;
            }
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>The tensors in the order of their data, and the metadata.</summary>
    private static (List<(string name, ScalarType type, long[] shape)> entries, Dictionary<string, string> metadata) Parse(byte[] header,
        long dataLength)
    {
        try
        {
            using var document = JsonDocument.Parse(header);
            var found = new Dictionary<string, (ScalarType type, long[] shape, long begin, long end)>();
            var metadata = new Dictionary<string, string>();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Name == Metadata)
                    foreach (var text in member.Value.EnumerateObject()) metadata.Add(text.Name, text.Value.GetString() ?? "");
                else
                    found.Add(member.Name, Place(member.Value));
            }
            var place = 0L;
            var entries = new List<(string, ScalarType, long[])>();
            foreach (var (name, (type, shape, begin, end)) in found.OrderBy(entry => entry.Value.begin).ThenBy(entry => entry.Value.end))
            {
                if (begin != place || end < begin || end > dataLength)
                    throw new JsonException($"the tensor '{name}' lies at {begin} to {end}, where {place} to at most {dataLength} is due");
                place = end;
                entries.Add((name, type, shape));
            }
            if (place != dataLength) throw new JsonException($"its tensors end at {place} of {dataLength} bytes of data");
            return (entries, metadata);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException or FormatException
            or OverflowException or DecoderFallbackException or KeyNotFoundException)
        {
            throw new InvalidDataException($"its header is malformed: {e.Message}", e);
        }
    }

    private static (ScalarType type, long[] shape, long begin, long end) Place(JsonElement entry)
    {
        if (!Types.TryGetValue(entry.GetProperty("dtype").GetString() ?? "", out var type))
            throw new JsonException($"there is no type {entry.GetProperty("dtype")}");
        var shape = entry.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64()).ToArray();
        if (shape.Length > 64 || shape.Any(side => side < 0)) throw new JsonException($"there is no shape {shape.Text()}");
        if (entry.GetProperty("data_offsets").EnumerateArray().Select(place => place.GetInt64()).ToArray() is not [var begin, var end])
            throw new JsonException("data_offsets are two numbers");
        var bytes = shape.Aggregate(type.ElementSize(), (product, side) => checked(product * side));
        if (end - begin != bytes) throw new JsonException($"a tensor of {bytes} bytes is said to take {end - begin}");
        return (type, shape, begin, end);
    }

    private static long ElementSize(this ScalarType type) => type switch
    {
        ScalarType.Float64 => 8,
        ScalarType.Float32 => 4,
        _ => 2,
    };

    /// <summary>A tensor's entries on the CPU, in pieces: a view where they are there already.</summary>
    private static IEnumerable<Tensor> Chunks(Tensor tensor)
    {
        using var detached = tensor.detach();
        using var flat = detached.reshape(-1);
        var count = flat.numel();
        for (var start = 0L; start < count; start += Chunk)
        {
            using var piece = flat.narrow(0, start, Math.Min(Chunk, count - start));
            yield return piece.cpu();
        }
    }

    /// <summary>As many entries in pieces of memory that nothing is kept of.</summary>
    private static IEnumerable<Tensor> Chunks(ScalarType type, long[] shape)
    {
        var count = shape.Aggregate(1L, (product, side) => product * side);
        for (var start = 0L; start < count; start += Chunk) yield return empty(Math.Min(Chunk, count - start), dtype: type);
    }
}
