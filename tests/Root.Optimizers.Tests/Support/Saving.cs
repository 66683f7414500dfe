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

    /// <summary>What <see cref="MatrixOptimizer.Save"/> writes.</summary>
    public static byte[] FileBytes(MatrixOptimizer optimizer) => InFile(path =>
    {
        optimizer.Save(path);
        return File.ReadAllBytes(path);
    });

    public static LoadedState LoadFile(MatrixOptimizer optimizer, byte[] bytes, bool strict = true) => InFile(path =>
    {
        File.WriteAllBytes(path, bytes);
        return optimizer.Load(path, strict);
    });

    private static T InFile<T>(Func<string, T> use)
    {
        var path = Path.GetTempFileName();
        try { return use(path); }
        finally { File.Delete(path); }
    }

    public static void Load(OptimizerHelper optimizer, byte[] bytes) => optimizer.load_state_dict(Reader(bytes));

    public static BinaryReader Reader(byte[] bytes) => new(new MemoryStream(bytes));
}
