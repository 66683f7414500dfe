using System.Globalization;
using Root.Optimizers.Benchmarks.Results;

namespace Root.Optimizers.Package.Tests.Pages;

/// <summary>The README's figures are those of the pages it links to.</summary>
public class FiguresTests
{
    private static readonly Lazy<Page> Readme = new(() => new Page("README.md"));

    [Fact]
    public void Step() => Compare("step", "of plain Muon in bfloat16", table => string.Create(CultureInfo.InvariantCulture,
        $"on momentum of real training RootOptimizer {table["root", "of plain Muon in bfloat16"]:0.00}, "
        + $"Muon {table["muon", "of plain Muon in bfloat16"]:0.00}"));

    [Fact]
    public void Host() => Compare("host", "of AdamW", table => string.Create(CultureInfo.InvariantCulture,
        $"RootOptimizer {table["root", "of AdamW"]:0.00}, Muon {table["muon", "of AdamW"]:0.00}, "
        + $"the fallback alone {table["fallback", "of AdamW"]:0.00}"));

    [Fact]
    public void Comparison() => Compare("compare", "steps to AdamW's final loss", table => string.Create(CultureInfo.InvariantCulture,
        $"{table["adamw", "steps to AdamW's final loss"]:0} steps | Muon {table["muon", "steps to AdamW's final loss"]:0}, "
        + $"RootOptimizer {table["root", "steps to AdamW's final loss"]:0}"));

    [Fact]
    public void Outliers() => Compare("outliers", "validation loss with noise", table =>
    {
        double Cost(string row) => table[row, "validation loss with noise"] - table[row, "without noise"];
        return string.Create(CultureInfo.InvariantCulture,
            $"Muon {Cost("muon"):0.00}, RootOptimizer {Cost("root, quantile 0.90"):0.00} nats per byte");
    });

    [Fact]
    public void Orthogonalization() => Compare("orthogonalize", "768x3072", table =>
    {
        string Error(string row) => table.Cell(row, "captured momentum");
        return $"Muon's five steps {Error("Muon, 5, bfloat16")}, "
            + $"ROOT's published triple {Error("ROOT's for 2048x8192, 5, bfloat16")}, four learned ones {Error("learned, 4, bfloat16")}";
    });

    [Fact]
    public void ManifoldMlp() => Compare("manifold-mlp", "test accuracy", table =>
    {
        double Best(string row, string title) => table.WhereMost(row, "test accuracy", title);
        return string.Create(CultureInfo.InvariantCulture,
            $"AdamW {Best("adamw", "test accuracy"):0.0000}, ManifoldMuon {Best("exact", "test accuracy"):0.0000}, by dual ascent "
            + $"{Best("dual", "test accuracy"):0.0000} at "
            + $"{OneDigit(Best("dual", "ms per step") / Best("exact", "ms per step")):0} times the time");
    });

    [Fact]
    public void Transfer() => Compare("transfer", "64 x 2", table =>
    {
        // Of cells such as 2^-6 (0.789), over widths.
        double Moves(string row)
        {
            var rates = new[] { "64 x 2", "128 x 2", "256 x 2", "512 x 2" }
                .Select(size => int.Parse(table.Cell(row, size).Split(' ')[0]["2^".Length..], CultureInfo.InvariantCulture)).ToArray();
            return Math.Pow(2, rates.Max() - rates.Min());
        }
        return $"from width 64 to 512 | AdamW a factor {Moves("adamw")}, Muon {Moves("muon")}, "
            + $"`ModularDescent` {Moves("modular descent")}, `ManifoldMuon` with a budget {Moves("manifold muon")}";
    });

    [Fact]
    public void VisionTransformer() => Compare("vision-transformer", "test accuracy", Accuracies);

    [Fact]
    public void ResNet() => Compare("resnet", "test accuracy", Accuracies);

    private static string Accuracies(ResultTable table) => string.Create(CultureInfo.InvariantCulture,
        $"AdamW {table["adamw", "test accuracy"]:0.000}, Muon {table["muon", "test accuracy"]:0.000}, "
        + $"RootOptimizer {table["root", "test accuracy"]:0.000}, with its recommended options "
        + $"{table["recommended", "test accuracy"]:0.000}");

    [Fact]
    public void Every_figure_of_the_README_is_compared_here()
    {
        var tests = typeof(FiguresTests).GetMethods().Count(method => method.ReturnType == typeof(void)
            && method.IsDefined(typeof(FactAttribute), false) && !method.Name.Contains('_'));
        Assert.Equal(tests, Rows().Length);
    }

    private static double OneDigit(double value)
    {
        var unit = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return Math.Round(value / unit) * unit;
    }

    /// <summary>The row of README's table that links to a page ends in what the page's block, of the same name, says.</summary>
    private static void Compare(string name, string title, Func<ResultTable, string> figures)
    {
        var page = new Page($"docs/results/{name}.md");
        var block = new Result(name, page.Path, "").In(page.Text);
        Assert.True(block is not null, $"{page.Path} has no block {name}.");
        var expected = $"{figures(ResultTable.With(page.Path, block, title))}: [{name}]({page.Path}) |";
        var row = Array.Find(Rows(), row => row.Contains($"]({page.Path})"));
        Assert.True(row is not null, $"README.md has no row under Figures that links to {page.Path}.");
        Assert.True(row.EndsWith(expected, StringComparison.Ordinal),
            $"README.md, Figures, differs from {page.Path}, whose figures are\n{expected}\nand in README.md\n{row}");
    }

    private static string[] Rows()
    {
        var figures = Readme.Value.Text.Split("## Figures\n")[1].Split("\n## ")[0];
        return [.. figures.Split('\n').Where(line => line.StartsWith("| ") && line.Contains("](docs/results/"))];
    }
}
