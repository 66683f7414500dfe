namespace Root.Optimizers.Tests.Support;

/// <summary>
/// The folder of the repository, above the built tests. (The path of a source file would not do: a deterministic build, which
/// CI's is, maps it to one that does not exist.)
/// </summary>
internal static class Repository
{
    public static string Root { get; } = Above(AppContext.BaseDirectory);

    private static string Above(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Root.Optimizers.sln")))
                return at.FullName;
        throw new DirectoryNotFoundException($"No Root.Optimizers.sln above {folder}.");
    }
}
