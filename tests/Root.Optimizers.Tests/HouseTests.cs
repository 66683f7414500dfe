using Root.Optimizers.Tests.Support;

namespace Root.Optimizers.Tests;

/// <summary>Rules of the house that no analyzer checks.</summary>
public class HouseTests
{
    private const int MostColumns = 140; // .editorconfig says the same to editors

    [Fact]
    public void No_line_of_code_is_too_long()
    {
        var tooLong = from folder in new[] { "src", "tests", "benchmarks", "samples" }
                      from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
                      from line in File.ReadLines(file).Select((text, i) => (text, number: i + 1))
                      // A reference to a generic member cannot be broken.
                      where line.text.Length > MostColumns && !line.text.Contains("cref=")
                      select $"{Path.GetRelativePath(Repository.Root, file)}:{line.number}";
        Assert.Equal([], tooLong);
    }
}
