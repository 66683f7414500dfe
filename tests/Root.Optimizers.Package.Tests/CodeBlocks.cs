namespace Root.Optimizers.Package.Tests;

/// <summary>The blocks of C# on the pages.</summary>
internal static class CodeBlocks
{
    /// <summary>The files of all assemblies that this process could load.</summary>
    public static IEnumerable<string> LoadedAssemblies =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
}
