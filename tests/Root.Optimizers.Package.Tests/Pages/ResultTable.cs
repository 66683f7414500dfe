using System.Globalization;

namespace Root.Optimizers.Package.Tests.Pages;

/// <summary>A table within a page of docs/results/.</summary>
/// <param name="Page">Named in messages.</param>
/// <param name="Titles">Of its columns.</param>
/// <param name="Rows">Their cells.</param>
internal sealed record ResultTable(string Page, string[] Titles, string[][] Rows)
{
    /// <summary>The first table that has a column of that title.</summary>
    public static ResultTable With(string page, string content, string title)
    {
        var lines = content.Split('\n');
        var head = Array.FindIndex(lines, line => line.StartsWith('|') && Cells(line).Contains(title));
        Assert.True(head >= 0, $"{page} has no table with a column '{title}'.");
        return new(page, Cells(lines[head]), [.. lines[(head + 2)..].TakeWhile(line => line.StartsWith('|')).Select(Cells)]);
    }

    /// <summary>A cell's first number, of the first row that begins so.</summary>
    public double this[string row, string title] => Number(Row(row), title);

    /// <summary>The number, of all rows that begin so, in the one where another column is largest.</summary>
    public double WhereMost(string row, string most, string title) =>
        Number(Named(row).MaxBy(cells => Number(cells, most))!, title);

    /// <summary>A cell as it stands.</summary>
    public string Cell(string row, string title) => Row(row)[Column(title)];

    private string[] Row(string row) => Named(row)[0];

    private string[][] Named(string row)
    {
        var named = Rows.Where(cells => cells[0] == row).ToArray();
        Assert.True(named.Length > 0, $"{Page} has no row '{row}' in its table of '{Titles[0]}'.");
        return named;
    }

    private int Column(string title)
    {
        var column = Array.IndexOf(Titles, title);
        Assert.True(column >= 0, $"{Page} has no column '{title}'.");
        return column;
    }

    private double Number(string[] cells, string title) =>
        double.Parse(cells[Column(title)].Split(' ')[0], CultureInfo.InvariantCulture);

    private static string[] Cells(string line) => [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim())];
}
