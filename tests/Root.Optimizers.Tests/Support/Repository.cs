namespace Root.Optimizers.Tests.Support;

/// <summary>
/// The folder of the repository, above the built tests. (The path of a source file would not do: a deterministic build, which
/// CI's is, maps it to one that does not exist.)
/// </summary>
internal static class Repository
{
    public static string Root
    {
        get
        {
            var built = AppContext.BaseDirectory;
            // eng/gpu/pack.sh carries the tests to other machines, and no pages and no sources.
            Assert.SkipUnless(built.Contains($"{Path.DirectorySeparatorChar}artifacts{Path.DirectorySeparatorChar}"),
                "the tests do not lie in their repository");
            for (var folder = new DirectoryInfo(built); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "Root.Optimizers.sln")))
                    return folder.FullName;
            throw new DirectoryNotFoundException($"No Root.Optimizers.sln above {built}.");
        }
    }
}
