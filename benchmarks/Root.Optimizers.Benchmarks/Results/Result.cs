using System.Text.RegularExpressions;

namespace Root.Optimizers.Benchmarks.Results;

/// <summary>
/// A block of a page of docs/results/, between the lines <c>&lt;!-- results: NAME --&gt;</c> and <c>&lt;!-- end --&gt;</c>, which a
/// command makes. What stands outside of blocks is written by hand.
/// </summary>
/// <param name="Name">Of the block, and of its folder in artifacts/results.</param>
/// <param name="Page">The page's path from the repository's folder.</param>
/// <param name="Command">What prints the block on standard output; pictures go to its folder DIR.</param>
internal sealed partial record Result(string Name, string Page, string Command)
{
    /// <summary>Where all are listed, a row of a table each, as a reader finds them.</summary>
    public const string List = "docs/reproducing.md";

    private string Start => $"<!-- results: {Name} -->\n";

    /// <summary>All that a list has.</summary>
    public static Result[] All(string list) => [.. Rows().Matches(list).Select(row =>
        new Result(row.Groups["name"].Value, $"docs/{row.Groups["page"].Value}", row.Groups["command"].Value))];

    /// <summary>The names of a page's blocks.</summary>
    public static IEnumerable<string> Blocks(string page) => Marks().Matches(page).Select(mark => mark.Groups[1].Value);

    /// <summary>What a page has in its block; null where it has no such block, or one without an end.</summary>
    public string? In(string page) => Span(page) is var (from, to) ? page[from..to] : null;

    /// <summary>The page with another content in its block.</summary>
    public string Put(string content, string page)
    {
        var (from, to) = Span(page) ?? throw new FormatException($"{Page} has no block '{Start.Trim()}'.");
        return page[..from] + content.Trim() + "\n" + page[to..];
    }

    private (int from, int to)? Span(string page)
    {
        var start = page.IndexOf(Start, StringComparison.Ordinal);
        if (start < 0) return null;
        var from = start + Start.Length;
        var to = page.IndexOf("<!-- end -->", from, StringComparison.Ordinal);
        return to < 0 ? null : (from, to);
    }

    [GeneratedRegex(@"^\| (?<name>\S+) \| \[[^]]+\]\((?<page>\S+)\) \| [^|]+ \| `(?<command>[^`]+)` \|$", RegexOptions.Multiline)]
    private static partial Regex Rows();

    [GeneratedRegex("^<!-- results: (.*) -->$", RegexOptions.Multiline)]
    private static partial Regex Marks();
}
