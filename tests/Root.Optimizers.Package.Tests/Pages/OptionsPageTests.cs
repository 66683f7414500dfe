namespace Root.Optimizers.Package.Tests.Pages;

public class OptionsPageTests
{
    [Fact]
    public void The_page_is_what_the_doc_comments_say() =>
        Assert.Equal(Docs.OptionsPage.Text(), new Page("docs/options.md").Text); // else: ./run docs
}
