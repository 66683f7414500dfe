using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Support;

/// <summary>The outputs of the reference programs (vectors/README.md), read from a safetensors file.</summary>
public sealed class Vectors
{
    private readonly byte[] _file;
    private readonly int _data;
    private readonly Dictionary<string, JsonElement> _header;

    public Vectors(string name)
    {
        _file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "vectors", name + ".safetensors"));
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(_file);
        _header = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(_file.AsSpan(8, length))!;
        _data = 8 + length;
    }

    public IEnumerable<string> Names => _header.Keys.Where(name => name != "__metadata__");

    /// <summary>The items' names: what stands before the first slash.</summary>
    public IEnumerable<string> Items => Names.Select(n => n.Split('/')[0]).Distinct().Order();

    public bool Has(string name) => _header.ContainsKey(name);

    public Tensor this[string name]
    {
        get
        {
            var entry = _header[name];
            var shape = entry.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64()).ToArray();
            var offsets = entry.GetProperty("data_offsets").EnumerateArray().Select(e => e.GetInt32()).ToArray();
            var bytes = _file.AsSpan(_data + offsets[0], offsets[1] - offsets[0]);
            return entry.GetProperty("dtype").GetString() switch
            {
                "F32" => tensor(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), shape),
                "F64" => tensor(MemoryMarshal.Cast<byte, double>(bytes).ToArray(), shape),
                var dtype => throw new InvalidDataException($"{name} has type {dtype}"),
            };
        }
    }
}
