using Root.Optimizers.Core;

namespace Root.Optimizers;

/// <summary>
/// How a parameter is cut into matrices that are updated each by itself, with the factor of its own shape: a fused query, key and
/// value projection, its heads, a fused gate and up projection. A number stands for as many blocks of equal rows.
/// </summary>
public sealed class Split
{
    private readonly string _text;
    private readonly int _blocks;
    private readonly int[]? _counts;

    private Split(string text, bool byColumns, int blocks, int[]? counts) =>
        (_text, ByColumns, _blocks, _counts) = (text, byColumns, blocks, counts);

    /// <summary>Whether columns are cut, and not rows.</summary>
    internal bool ByColumns { get; }

    /// <summary>Not at all.</summary>
    public static Split None { get; } = Into(1);

    /// <summary>Into blocks of equal numbers of rows: 3 for equal queries, keys and values, 2 for gate and up; 3 times the heads to
    /// cut by head.</summary>
    /// <param name="blocks">At least 1.</param>
    public static Split Into(int blocks) => new($"{blocks}", byColumns: false, blocks, null);

    /// <summary>Into blocks of so many rows each, from the first row on: 32, 8, 8 for grouped queries, keys and values.</summary>
    /// <param name="counts">Each at least 1; they add up to the rows.</param>
    public static Split Rows(params int[] counts) =>
        new($"Rows({string.Join(", ", counts)})", byColumns: false, 0, [.. counts]);

    /// <summary>Into blocks of equal numbers of columns: an output projection by head.</summary>
    /// <param name="blocks">At least 1.</param>
    public static Split ColumnsInto(int blocks) => new($"ColumnsInto({blocks})", byColumns: true, blocks, null);

    /// <summary>Into blocks of so many columns each, from the first column on.</summary>
    /// <param name="counts">Each at least 1; they add up to the columns.</param>
    public static Split Columns(params int[] counts) =>
        new($"Columns({string.Join(", ", counts)})", byColumns: true, 0, [.. counts]);

    /// <summary><see cref="Into"/>.</summary>
    public static implicit operator Split(int blocks) => Into(blocks);

    /// <summary>As one writes it.</summary>
    public override string ToString() => _text;

    /// <summary>Neighboring blocks of one size together: where they begin, how long they are in all, and how many.</summary>
    /// <param name="length">Of the side that is cut.</param>
    /// <returns>Null where the blocks do not add up to it.</returns>
    internal IReadOnlyList<(long start, long length, int blocks)>? Cut(long length)
    {
        if (_counts is null) return _blocks >= 1 && length % _blocks == 0 ? [(0, length, _blocks)] : null;
        if (_counts.Any(count => count < 1) || _counts.Sum(count => (long)count) != length) return null;
        var parts = new List<(long start, long length, int blocks)>();
        var start = 0L;
        for (int i = 0, same; i < _counts.Length; i += same)
        {
            same = _counts.Skip(i).TakeWhile(count => count == _counts[i]).Count();
            parts.Add((start, (long)same * _counts[i], same));
            start += (long)same * _counts[i];
        }
        return parts;
    }
}
