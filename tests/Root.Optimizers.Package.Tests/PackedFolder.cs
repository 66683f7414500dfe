using System.IO.Compression;
using System.Xml.Linq;

namespace Root.Optimizers.Package.Tests;

/// <summary>Both packages, made once from today's sources, in a folder of their own.</summary>
public sealed class PackedFolder : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("root-optimizers-packages-");

    /// <summary>A version that no cache of packages has.</summary>
    public string Version { get; } = $"0.1.0-test.{DateTime.UtcNow:yyyyMMddHHmmssfff}";

    public string Path => folder.FullName;

    public async ValueTask InitializeAsync()
    {
        foreach (var name in (string[])["Root.Optimizers", "Root.Optimizers.Distributed"])
            await Dotnet.Run(Repository.Root, "pack", $"src/{name}", "-c", "Release", "--no-restore", "-o", Path, "-v", "quiet",
                $"-p:PackageVersion={Version}", "-p:UseSharedCompilation=false");
    }

    public ValueTask DisposeAsync()
    {
        folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>One package.</summary>
    /// <param name="name">Its id.</param>
    /// <param name="extension">nupkg, or snupkg for the symbols.</param>
    public ZipArchive Open(string name, string extension = "nupkg") =>
        ZipFile.OpenRead(System.IO.Path.Combine(Path, $"{name}.{Version}.{extension}"));

    /// <summary>What a package says of itself.</summary>
    public XElement Metadata(string name)
    {
        using var package = Open(name);
        using var stream = package.GetEntry($"{name}.nuspec")!.Open();
        var metadata = XDocument.Load(stream).Root!.Elements().Single(e => e.Name.LocalName == "metadata");
        foreach (var element in metadata.DescendantsAndSelf()) element.Name = element.Name.LocalName;
        return metadata;
    }

    /// <summary>A file of a package.</summary>
    public byte[] Read(string name, string file, string extension = "nupkg")
    {
        using var package = Open(name, extension);
        return Read(package, file);
    }

    public static byte[] Read(ZipArchive package, string file)
    {
        using var stream = package.GetEntry(file)!.Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
