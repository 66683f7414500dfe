using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Root.Optimizers.Tests.Support;

/// <summary>A saved state as the file that it is, written here apart from the library: length, header in JSON, data.</summary>
public sealed record SavedFile(JsonObject Header, byte[] Data)
{
    public JsonObject Metadata => (JsonObject)Header["__metadata__"]!;

    public static SavedFile Parse(byte[] bytes)
    {
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return new((JsonObject)JsonNode.Parse(bytes.AsSpan(8, length))!, bytes[(8 + length)..]);
    }

    /// <summary>The groups' options, or the parameters' counts, changed in place.</summary>
    public SavedFile With(string key, Action<JsonArray> change)
    {
        var content = (JsonArray)JsonNode.Parse(Metadata[key]!.GetValue<string>())!;
        change(content);
        Metadata[key] = content.ToJsonString();
        return this;
    }

    /// <summary>The file, with the checksum of what it holds now.</summary>
    public byte[] ToBytes(bool sign = true)
    {
        if (sign) Metadata["checksum"] = NoChecksum;
        return sign ? Signed(Header.ToJsonString(), Data) : Joined(Header.ToJsonString(), Data);
    }

    /// <summary>A file of a header whose checksum is zeros.</summary>
    public static byte[] Signed(string header, byte[] data)
    {
        header = Regex.Replace(header, "(?<=\"checksum\":\")[0-9a-f]{64}", NoChecksum);
        return Joined(header.Replace(NoChecksum,
            Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(header), .. data]))), data);
    }

    private static readonly string NoChecksum = new('0', 64);

    private static byte[] Joined(string header, byte[] data)
    {
        var (bytes, length) = (Encoding.UTF8.GetBytes(header), new byte[8]);
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        return [.. length, .. bytes, .. data];
    }
}
