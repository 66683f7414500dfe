using System.Text;

namespace Shared;

/// <summary>
/// Files that are either the old one or the whole new one, whenever the process or machine stops. The library writes its own so, too;
/// that is no part of what it offers.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes a text, as UTF-8; to a device, such as /dev/stdout, which nothing is to take the place of, as it is.</summary>
    public static void Write(string path, string text)
    {
        if (Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal)) File.WriteAllText(path, text);
        else Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>Writes beside the target, under a name of its own, and moves it there when it is on the disk.</summary>
    /// <param name="path">The target; its folder is made where there is none.</param>
    /// <param name="write">Writes the content, to a stream that can seek and be read.</param>
    public static void Write(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
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
