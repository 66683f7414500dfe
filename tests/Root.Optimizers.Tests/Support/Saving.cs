using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Support;

/// <summary>What is saved, in memory.</summary>
public static class Saving
{
    public static byte[] Bytes(OptimizerHelper optimizer) => Bytes(optimizer.save_state_dict);

    public static byte[] Bytes(Action<BinaryWriter> save)
    {
        using var stream = new MemoryStream();
        save(new BinaryWriter(stream));
        return stream.ToArray();
    }

    public static void Load(OptimizerHelper optimizer, byte[] bytes) => optimizer.load_state_dict(Reader(bytes));

    public static BinaryReader Reader(byte[] bytes) => new(new MemoryStream(bytes));
}
