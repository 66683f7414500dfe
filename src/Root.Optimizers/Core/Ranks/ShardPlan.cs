namespace Root.Optimizers.Core.Ranks;

/// <summary>What of a parameter is one rank's: entries in the order in which they lie.</summary>
/// <param name="Rank">Whose.</param>
/// <param name="Start">The first one.</param>
/// <param name="Length">How many.</param>
internal readonly record struct Piece(int Rank, long Start, long Length);

/// <summary>What is shared out: parameters that are stepped together, or a large one of AdamW's, of which several ranks may have a
/// piece.</summary>
/// <param name="Cost">Of the iteration over its matrices, in <see cref="CostOf">multiplications</see>; 0: there are none.</param>
/// <param name="Entries">Of all its parameters.</param>
/// <param name="EntryBytes">The size of an entry.</param>
/// <param name="CanBeCut">Whether entries are independent of each other.</param>
internal readonly record struct ShardUnit(double Cost, long Entries, int EntryBytes, bool CanBeCut = false)
{
    public double Bytes => (double)Entries * EntryBytes;

    /// <summary>Multiplications of a Newton-Schulz step of an m x n matrix, m its shorter side: 2 m^2 n of X X^T and of its product with
    /// X, 2 m^3 of its square.</summary>
    public static double CostOf(MatrixShape shape) =>
        4.0 * shape.Shorter * shape.Shorter * shape.Longer + 2.0 * shape.Shorter * shape.Shorter * shape.Shorter;
}

/// <summary>
/// Who keeps the state of what, and steps it. It follows from its arguments alone, so that every rank makes the same plan. Matrices stay
/// whole: the costliest unit first, each to the rank with the least to do, which leaves no rank more than 4/3 of the best that can be
/// (Graham 1969). AdamW's parameters, which cost nothing beside them, then level the bytes that each rank sends.
/// </summary>
internal sealed class ShardPlan
{
    private readonly double[] _costs, _bytes;
    private readonly Piece[][] _pieces;

    /// <summary>The plan of some units.</summary>
    /// <param name="units">In an order that is the same on all ranks.</param>
    /// <param name="ranks">How many there are.</param>
    /// <param name="before">The plan of units that were there before, which stay where they are.</param>
    public ShardPlan(IReadOnlyList<ShardUnit> units, int ranks, ShardPlan? before = null)
    {
        (_costs, _bytes) = before is null ? (new double[ranks], new double[ranks]) : ([.. before._costs], [.. before._bytes]);
        _pieces = new Piece[units.Count][];
        var order = Enumerable.Range(0, units.Count).ToArray();
        foreach (var i in order.Where(i => units[i].Cost > 0).OrderByDescending(i => units[i].Cost))
            Give(i, units[i], Enumerable.Range(0, ranks).MinBy(rank => (_costs[rank], _bytes[rank])));
        foreach (var i in order.Where(i => units[i] is { Cost: <= 0, CanBeCut: false }).OrderByDescending(i => units[i].Bytes))
            Give(i, units[i], Enumerable.Range(0, ranks).MinBy(rank => _bytes[rank]));
        var cut = order.Where(i => units[i] is { Cost: <= 0, CanBeCut: true }).ToArray();
        var (level, owner) = (LevelWith(cut.Sum(i => units[i].Bytes)), 0);
        foreach (var i in cut)
        {
            var pieces = new List<Piece>();
            for (var start = 0L; start < units[i].Entries;)
            {
                var room = (long)Math.Ceiling((level - _bytes[owner]) / units[i].EntryBytes);
                // Rounding may leave the last rank an entry more than the level.
                var length = owner == ranks - 1 ? units[i].Entries - start : Math.Min(room, units[i].Entries - start);
                if (length > 0)
                {
                    pieces.Add(new(owner, start, length));
                    _bytes[owner] += (double)length * units[i].EntryBytes;
                    start += length;
                }
                else owner++;
            }
            _pieces[i] = [.. pieces];
        }
    }

    /// <summary>Of every unit, in their order: who has what of it; of one that cannot be cut, one rank has all.</summary>
    public IReadOnlyList<IReadOnlyList<Piece>> Pieces => _pieces;

    /// <summary>What every rank has to multiply at a step.</summary>
    public IReadOnlyList<double> Costs => _costs;

    /// <summary>How many bytes of parameters every rank steps, and sends.</summary>
    public IReadOnlyList<double> Bytes => _bytes;

    private void Give(int index, ShardUnit unit, int rank)
    {
        _pieces[index] = [new(rank, 0, unit.Entries)];
        _costs[rank] += unit.Cost;
        _bytes[rank] += unit.Bytes;
    }

    /// <summary>Up to where all ranks fill that have less, when so many bytes come.</summary>
    private double LevelWith(double bytes)
    {
        var (level, below) = (0.0, bytes);
        var ascending = _bytes.Order().ToArray();
        for (var ranks = 1; ranks <= ascending.Length; ranks++)
        {
            below += ascending[ranks - 1];
            level = below / ranks;
            if (ranks < ascending.Length && level <= ascending[ranks]) break;
        }
        return level;
    }
}
