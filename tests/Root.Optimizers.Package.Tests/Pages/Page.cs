using System.Text.RegularExpressions;

namespace Root.Optimizers.Package.Tests.Pages;

/// <summary>A Markdown file of the repository.</summary>
/// <param name="Path">From the repository's folder, with slashes.</param>
internal sealed partial record Page(string Path)
{
    /// <summary>All that a reader can come to.</summary>
    public static IEnumerable<Page> All => Directory.EnumerateFiles(Repository.Root, "*.md", new EnumerationOptions
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.Hidden,
    }).Select(file => new Page(System.IO.Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')))
        .Where(page => !page.Path.Split('/').Any(part => part is "artifacts" or "bin" or "obj" or "data" or "runs"));

    public string Text { get; } = File.ReadAllText(System.IO.Path.Combine(Repository.Root, Path));

    /// <summary>The blocks of a language, each with the number of its first line.</summary>
    public IEnumerable<(int line, string code)> Blocks(string language) => Fences().Matches(Text)
        .Where(block => block.Groups[1].Value == language)
        .Select(block => (Text[..block.Index].Count(c => c == '\n') + 2, block.Groups[2].Value));

    /// <summary>Where links and pictures lead, but those within code.</summary>
    public IEnumerable<string> Links => Targets().Matches(Code().Replace(Fences().Replace(Text, ""), ""))
        .Select(link => link.Groups[1].Value);

    /// <summary>The anchors of its headings, as GitHub and docfx make them.</summary>
    public IEnumerable<string> Anchors => Headings().Matches(Fences().Replace(Text, "")).Select(heading => NotInAnchors()
        .Replace(heading.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Targets();

    [GeneratedRegex(@"^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Headings();

    [GeneratedRegex(@"[^\w\s-]")]
    private static partial Regex NotInAnchors();
}
