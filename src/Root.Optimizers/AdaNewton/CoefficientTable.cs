using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.AdaNewton;

/// <summary>
/// The Newton-Schulz coefficients that were fitted, by matrix shape and number of steps. A matrix and its transpose share an
/// entry; a shape without one gets the schedule that covers the most singular values. Optimizers that are given one table learn
/// into it together, the latest fit of a shape standing; on several threads, too, but then which one is the latest is not
/// repeatable.
/// </summary>
public sealed partial class CoefficientTable : Coefficients
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<(long shorter, long longer, int steps), CoefficientEntry> _entries = [];

    /// <summary>An empty table.</summary>
    public CoefficientTable() { }

    /// <summary>A copy of the table this library ships with: the shapes of common models, fitted before training.</summary>
    public static CoefficientTable Shipped()
    {
        var copy = new CoefficientTable();
        copy.ReplaceWith(ShippedTable.Value);
        return copy;
    }

    /// <summary>The entries: shape (shorter side first), number of steps, and what they hold; in order.</summary>
    public IReadOnlyList<(long shorter, long longer, int steps, CoefficientEntry entry)> Entries
    {
        get
        {
            lock (_lock)
                return _entries.Select(e => (e.Key.shorter, e.Key.longer, e.Key.steps, e.Value)).ToArray();
        }
    }

    /// <inheritdoc />
    public override NewtonSchulzSchedule For(long rows, long columns, int steps) =>
        Find(rows, columns, steps)?.Schedule ?? MinimaxFamily.Bank(steps)[0];

    /// <summary>The entry of a shape, in either orientation; null where it has none.</summary>
    internal CoefficientEntry? Find(long rows, long columns, int steps)
    {
        var key = Key(rows, columns, steps);
        lock (_lock) return _entries.GetValueOrDefault(key);
    }

    /// <summary>Sets the coefficients of a shape for as many steps as the schedule has.</summary>
    /// <exception cref="ArgumentException">The schedule is not stable or does not lead to 1, or a number is out of range.</exception>
    public void Set(long rows, long columns, CoefficientEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.Error is { } error && !(error >= 0 && double.IsFinite(error)))
            throw new ArgumentException($"The error of a fit is {error}; it must be a finite number, at least 0.", nameof(entry));
        if (entry.Step < 0) throw new ArgumentException($"The step of a fit is {entry.Step}; it must be at least 0.", nameof(entry));
        if (!entry.Schedule.LeadsToOne)
            throw new ArgumentException($"The schedule {entry.Schedule} for {rows}x{columns} does not lead singular values to 1: "
                + "some of those that it is for end at 0 or below.", nameof(entry));
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
}
