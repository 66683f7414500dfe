namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// The Newton-Schulz coefficients of every matrix shape. A matrix and its transpose share an entry.
/// </summary>
public sealed class CoefficientTable
{
    private readonly Dictionary<(long, long), Triple> _triples;
    private readonly Triple _otherwise;

    private CoefficientTable(Dictionary<(long, long), Triple> triples, Triple otherwise) =>
        (_triples, _otherwise) = (triples, otherwise);

    /// <summary>
    /// The triples of ROOT's published program (huawei-noah/noah-research, ROOT/examples), for four shapes; Muon's
    /// (3.4445, -4.7750, 2.0315) for all others.
    /// </summary>
    public static CoefficientTable RootPublished { get; } = new(
        new()
        {
            [(2048, 2048)] = new(3.4916, -4.8224, 2.1095),
            [(2048, 3072)] = new(3.4509, -4.5790, 1.9325),
            [(2048, 8192)] = new(2.9794, -3.6674, 1.6207),
            [(2048, 16384)] = new(3.1943, -3.8221, 1.5322),
        },
        otherwise: new(3.4445, -4.7750, 2.0315));

    /// <summary>The schedule for a matrix of the given shape, in either orientation.</summary>
    public NewtonSchulzSchedule For(long rows, long columns, int steps) => NewtonSchulzSchedule.Repeat(
        _triples.GetValueOrDefault((Math.Min(rows, columns), Math.Max(rows, columns)), _otherwise), steps);
}
