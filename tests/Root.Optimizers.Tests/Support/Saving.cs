using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Support;

/// <summary>Saved states in memory.</summary>
public static class Saving
{
    public static byte[] Bytes(OptimizerHelper optimizer)
    {
        using var stream = new MemoryStream();
        optimizer.save_state_dict(new BinaryWriter(stream));
        return stream.ToArray();
    }

    public static void Load(OptimizerHelper optimizer, byte[] bytes) =>
        optimizer.load_state_dict(new BinaryReader(new MemoryStream(bytes)));
}
