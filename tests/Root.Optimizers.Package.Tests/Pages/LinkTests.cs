using System.Text.RegularExpressions;

namespace Root.Optimizers.Package.Tests.Pages;

/// <summary>The pages as they hang together: links, pictures, the table of contents.</summary>
public partial class LinkTests
{
    [Fact]
    public void Every_link_within_the_repository_leads_to_a_file_and_a_heading()
    {
        var pages = Page.All.ToDictionary(page => page.Path);
        Assert.InRange(pages.Count, 30, 1000);
        var broken = from page in pages.Values
                     from link in page.Links
                     where !link.StartsWith("http") && !IsThere(page, link)
                     select $"{page.Path}: {link}";
        Assert.Empty(broken);

        bool IsThere(Page page, string link)
        {
            var (file, anchor) = link.Split('#') is [var f, var a] ? (f, a) : (link, null);
            var path = file == "" ? Path.Combine(Repository.Root, page.Path)
                : Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(page.Path)!, file));
            if (!Path.Exists(path)) return false;
            return anchor is null || pages[Path.GetRelativePath(Repository.Root, path).Replace('\\', '/')].Anchors.Contains(anchor);
        }
    }

    [Fact]
    public void The_README_is_for_the_first_five_minutes() =>
        Assert.InRange(new Page("README.md").Text.Count(c => c == '\n'), 50, 150);

    /// <summary>Of pages that a reader gets to from the README, none is forgotten.</summary>
    [Fact]
    public void Every_page_of_the_documentation_is_in_its_table_of_contents()
    {
        var contents = File.ReadAllText(Path.Combine(Repository.Root, "docs", "toc.yml"));
        var pages = Page.All.Where(page => page.Path.StartsWith("docs/")).Select(page => page.Path["docs/".Length..]);
        Assert.All(pages, page => Assert.Contains($"href: {page}\n", contents));
    }

    /// <summary>What `./run docs` has made, where it has.</summary>
    [Fact]
    public void Every_link_of_the_built_site_leads_to_a_file_and_an_anchor()
    {
        var site = Path.Combine(Repository.Root, "artifacts", "site");
        Assert.SkipUnless(Directory.Exists(site), "./run docs has not been run");
        var anchors = new Dictionary<string, HashSet<string>>();
        HashSet<string> AnchorsOf(string file) => anchors.TryGetValue(file, out var known) ? known
            : anchors[file] = [.. Anchor().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)];
        var broken = from page in Directory.EnumerateFiles(site, "*.html", SearchOption.AllDirectories)
                     from link in Reference().Matches(File.ReadAllText(page)).Select(match => match.Groups[1].Value)
                     where !Scheme().IsMatch(link)
                     let parts = link.Split('#', 2)
                     let file = parts[0] == "" ? page
                         : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, Uri.UnescapeDataString(parts[0].Split('?')[0])))
                     let anchor = Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? "")
                     where !File.Exists(file) || (anchor != "" && !AnchorsOf(file).Contains(anchor))
                     select $"{Path.GetRelativePath(site, page)}: {link}";
        Assert.Empty(broken);
    }

    [GeneratedRegex("""\s(?:href|src)="([^"]*)["]""")]
    private static partial Regex Reference();

    [GeneratedRegex("""\s(?:id|name)="([^"]*)["]""")]
    private static partial Regex Anchor();

    [GeneratedRegex("^[a-z]+:")]
    private static partial Regex Scheme();
}
