namespace TorchSharp.Utils;

/// <summary>Non-negative integers, seven bits a byte, the low ones first; the top bit says that more follow.</summary>
internal static class LEB128Codec
{
    internal static void Encode(this BinaryWriter writer, long value)
    {
        if (value < 0) throw new NotImplementedException("Negative numbers have no place in this encoding.");
        writer.Write7BitEncodedInt64(value);
    }

    internal static long Decode(this BinaryReader reader) => reader.Read7BitEncodedInt64();
}
