using Root.Optimizers.Benchmarks.Results;

namespace Root.Optimizers.Package.Tests.Pages;

/// <summary>The pages of results, and the list that ./run results makes them by.</summary>
public class ResultPageTests
{
    /// <summary>Made on other machines or for days: they keep their own commit.</summary>
    private static readonly string[] NotMadeAgain = ["race.md", "gpu.md", "scaling.md"];

    private static readonly Result[] Listed = Result.All(new Page(Result.List).Text);

    [Fact]
    public void Every_page_has_blocks_and_the_list_has_each_of_them_once()
    {
        var pages = Page.All.Where(page => page.Path.StartsWith("docs/results/") && !NotMadeAgain.Contains(Path.GetFileName(page.Path)));
        Assert.All(pages, page => Assert.NotEmpty(Result.Blocks(page.Text)));
        var blocks = pages.SelectMany(page => Result.Blocks(page.Text).Select(name => (name, page.Path)));
        Assert.Equal(blocks.Order(), Listed.Select(result => (result.Name, result.Page)).Order());
    }

    [Fact]
    public void Every_block_has_an_end_and_names_its_command_and_commit() => Assert.All(Listed, result =>
    {
        var block = result.In(new Page(result.Page).Text);
        Assert.False(string.IsNullOrEmpty(block), $"{result.Page} has no whole block {result.Name}.");
        Assert.DoesNotContain("<!--", block);
        // Until it is made again, a block may be of an older form of its command.
        Assert.Matches("^(\\*.*\\*\n\n)?`(./run bench|dotnet run) [^`]+`[^|]*commit [0-9a-f]{7}", block);
    });

    [Fact]
    public void A_block_takes_a_new_content_and_leaves_the_rest()
    {
        var result = new Result("b", "page.md", "");
        const string page = "# Title\n\n<!-- results: a -->\nold a\n<!-- end -->\n\n<!-- results: b -->\nold b\n<!-- end -->\n\nWords.\n";
        Assert.Equal(page.Replace("old b", "new\n\n| 1 |"), result.Put("new\n\n| 1 |\n\n", page));
        Assert.Equal("old b\n", result.In(page));
        Assert.Null(new Result("c", "page.md", "").In(page));
        Assert.Throws<FormatException>(() => new Result("c", "page.md", "").Put("new", page));
    }
}
