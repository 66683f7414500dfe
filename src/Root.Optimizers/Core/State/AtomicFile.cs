namespace Root.Optimizers.Core.State;

/// <summary>Files that are written whole or not at all, whenever the process ends.</summary>
internal static class AtomicFile
{
    /// <summary>Writes beside the target, under a name of its own, and moves it there when it is on the disk.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
