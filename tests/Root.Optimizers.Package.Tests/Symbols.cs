using System.Reflection.Metadata;
using System.Text;

namespace Root.Optimizers.Package.Tests;

/// <summary>What debuggers read in a portable symbol file.</summary>
internal static class Symbols
{
    private static readonly Guid SourceLinkKind = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    /// <summary>The paths of the sources.</summary>
    public static string[] Documents(byte[] file) => Read(file, reader =>
        reader.Documents.Select(d => reader.GetString(reader.GetDocument(d).Name)).ToArray());

    /// <summary>Where the sources are to be had; null: nowhere.</summary>
    public static string? SourceLink(byte[] file) => Read(file, reader => reader.CustomDebugInformation
        .Select(reader.GetCustomDebugInformation).Where(info => reader.GetGuid(info.Kind) == SourceLinkKind)
        .Select(info => Encoding.UTF8.GetString(reader.GetBlobBytes(info.Value))).SingleOrDefault());

    private static T Read<T>(byte[] file, Func<MetadataReader, T> read)
    {
        using var provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(file));
        return read(provider.GetMetadataReader());
    }
}
