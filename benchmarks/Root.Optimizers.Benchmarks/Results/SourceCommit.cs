using System.Diagnostics;
using Shared;

namespace Root.Optimizers.Benchmarks.Results;

/// <summary>The commit that made what the programs are built of: pages and tests change no result.</summary>
internal static class SourceCommit
{
    private static readonly string[] Sources = ["--", ".", ":!docs", ":!tests", ":!*.md"];

    /// <summary>Its hash, shortened.</summary>
    /// <exception cref="UserException">There are such changes, or this is no clone.</exception>
    public static string Find()
    {
        var commit = Git(["log", "-1", "--format=%h", .. Sources]);
        var changes = Git(["status", "--porcelain", .. Sources]);
        return changes == ""
            ? commit
            : throw new UserException($"A page names the commit that made it, and these changes are in none; commit them:\n{changes}");
    }

    private static string Git(string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true })!;
        var output = git.StandardOutput.ReadToEnd().TrimEnd();
        git.WaitForExit();
        return git.ExitCode == 0 ? output : throw new UserException("Results are made in a clone of the repository, with git.");
    }
}
