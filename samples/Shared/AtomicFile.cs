using System.Text;

namespace Shared;

/// <summary>
/// Files that are either the old one or the whole new one, whenever the process or machine stops. The library writes its own so, too;
/// that is no part of what it offers.
/// </summary>
public static class AtomicFile
{
    /// <summary>Of these nothing is to take the place; what they lead to may have a content already.</summary>
    private static readonly string[] Devices = ["/dev/null", "/dev/stdout", "/dev/stderr"];

    /// <summary>Writes a text, as UTF-8; to a device it is added.</summary>
    public static void Write(string path, string text)
    {
        if (Devices.Contains(path)) File.AppendAllText(path, text);
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
