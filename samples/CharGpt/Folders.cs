namespace CharGpt;

/// <summary>Where texts are cached and runs are written: the repository's ignored folders, if we are in it.</summary>
public static class Folders
{
    /// <summary>The cache of texts; the environment variable CHARGPT_DATA puts it elsewhere.</summary>
    public static string Data => Environment.GetEnvironmentVariable("CHARGPT_DATA")
        ?? (Repository is { } root ? Path.Combine(root, "data") : Path.Combine(UserData, "root-optimizers"));

    public static string Runs => Path.Combine(Repository ?? Directory.GetCurrentDirectory(), "runs");

    private static string UserData => Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);

    private static string? Repository => Above(Directory.GetCurrentDirectory()) ?? Above(AppContext.BaseDirectory);

    private static string? Above(string folder)
    {
        for (var directory = new DirectoryInfo(folder); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Root.Optimizers.sln")))
            {
                return directory.FullName;
            }
        }

        return null;
    }
}
