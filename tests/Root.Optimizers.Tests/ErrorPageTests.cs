using Root.Optimizers.Tests.Support;

namespace Root.Optimizers.Tests;

/// <summary>docs/errors.md names a test for each of its lines.</summary>
public class ErrorPageTests
{
    [Fact]
    public void Every_line_names_tests_that_there_are()
    {
        var tests = typeof(ErrorPageTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods().Select(method => $"`{type.Name}.{method.Name}`")).ToHashSet();
        var lines = File.ReadLines(Path.Combine(Repository.Root, "docs", "errors.md"))
            .Where(line => line.StartsWith('|') && !line.StartsWith("| when |", StringComparison.Ordinal) && !line.StartsWith("|-"))
            .Select(line => line.Split('|')[^2].Trim()).Where(named => named != "").ToArray(); // a line may say what nobody looks at
        Assert.NotEmpty(lines);
        Assert.All(lines, named => Assert.All(named.Split(", "), test => Assert.Contains(test, tests)));
    }
}
