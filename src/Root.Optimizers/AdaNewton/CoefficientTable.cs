using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.AdaNewton;

/// <summary>
/// The Newton-Schulz coefficients of every matrix shape and number of steps. A matrix and its transpose share an entry.
/// Optimizers that are given one table learn into it together.
/// </summary>
public sealed partial class CoefficientTable
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<(long shorter, long longer, int steps), CoefficientEntry> _entries;
    private readonly Func<int, CoefficientEntry> _otherwise;

    private CoefficientTable(IDictionary<(long, long, int), CoefficientEntry> entries, Func<int, CoefficientEntry> otherwise,
        bool isReadOnly = false)
    {
        _entries = new(entries);
        _otherwise = otherwise;
        IsReadOnly = isReadOnly;
    }

    /// <summary>An empty table: a shape without an entry gets the schedule that covers the most singular values.</summary>
    public CoefficientTable() : this(new Dictionary<(long, long, int), CoefficientEntry>(), Widest) { }

    /// <summary>A copy of the table this library ships with: the shapes of common models, fitted before training.</summary>
    public static CoefficientTable Shipped() => new(ShippedEntries.Value, Widest);

    /// <summary>
    /// The triples of ROOT's published program for its four shapes; Muon's (3.4445, -4.7750, 2.0315) for all others.
    /// Nothing can be learned into it. Its triples for 2048 x 2048 and 2048 x 3072 are not
    /// <see cref="NewtonSchulzSchedule.IsStable"/>: singular values of low-rank momentum can grow under them.
    /// </summary>
    public static CoefficientTable RootPublished { get; } = new(
        new Dictionary<(long, long, int), CoefficientEntry>(), steps => Published(PublishedSchedules.MuonTriple, steps), isReadOnly: true)
    {
        _published = PublishedSchedules.RootTriples,
    };

    private IReadOnlyDictionary<(long, long), QuinticStep>? _published;

    /// <summary>Whether nothing can be set or learned.</summary>
    public bool IsReadOnly { get; }

    /// <summary>The entries: shape (shorter side first), number of steps, and what they hold; in order.</summary>
    public IReadOnlyList<(long shorter, long longer, int steps, CoefficientEntry entry)> Entries
    {
        get
        {
            lock (_lock)
                return _entries.Select(e => (e.Key.shorter, e.Key.longer, e.Key.steps, e.Value)).ToArray();
        }
    }

    /// <summary>The coefficients for a matrix of the given shape, in either orientation.</summary>
    /// <param name="rows">One side.</param>
    /// <param name="columns">The other.</param>
    /// <param name="steps">The number of steps, at least 1.</param>
    public CoefficientEntry For(long rows, long columns, int steps)
    {
        var key = Key(rows, columns, steps);
        if (_published is not null && _published.TryGetValue((key.Item1, key.Item2), out var triple)) return Published(triple, steps);
        lock (_lock) return _entries.GetValueOrDefault(key) ?? _otherwise(steps);
    }

    /// <summary>Sets the coefficients of a shape for as many steps as the schedule has.</summary>
    /// <exception cref="ArgumentException">The schedule is not stable.</exception>
    /// <exception cref="InvalidOperationException">The table is read-only.</exception>
    public void Set(long rows, long columns, CoefficientEntry entry)
    {
        if (IsReadOnly) throw new InvalidOperationException("This coefficient table is read-only; use a new one, or CoefficientTable.Shipped().");
        if (!entry.Schedule.IsStable)
            throw new ArgumentException($"The schedule {entry.Schedule} for {rows}x{columns} is not stable: perturbed by 1 % a step, "
                + $"a singular value in [0, 1] can end above {NewtonSchulzSchedule.StableBound}.", nameof(entry));
        lock (_lock) _entries[Key(rows, columns, entry.Schedule.Count)] = entry;
    }

    /// <summary>Takes over the entries of another table, and forgets all others.</summary>
    internal void ReplaceWith(CoefficientTable other)
    {
        var entries = other.Entries;
        lock (_lock)
        {
            _entries.Clear();
            foreach (var (shorter, longer, steps, entry) in entries) _entries[(shorter, longer, steps)] = entry;
        }
    }

    private static (long, long, int) Key(long rows, long columns, int steps)
    {
        if (rows < 1 || columns < 1 || steps < 1)
            throw new ArgumentException($"A matrix of {rows}x{columns} has no coefficients for {steps} steps; all three are at least 1.");
        return (Math.Min(rows, columns), Math.Max(rows, columns), steps);
    }

    private static CoefficientEntry Published(QuinticStep triple, int steps) =>
        new(NewtonSchulzSchedule.Repeat(triple, steps), Normalization.Frobenius, new(CoefficientSource.Published));

    private static CoefficientEntry Widest(int steps) =>
        new(MinimaxFamily.Bank(steps)[0], Normalization.Schatten8, new(CoefficientSource.Fitted));
}
