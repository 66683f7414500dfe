namespace Root.Optimizers;

/// <summary>What became of a saved state: see <see cref="MatrixOptimizer.Load"/>.</summary>
/// <param name="Missing">Parameters, or buffers of theirs, that the file has not or has in another shape; they are as they were.</param>
/// <param name="Unused">What the file has and this optimizer has not.</param>
/// <param name="Cast">Buffers whose floating type is another here.</param>
/// <param name="UnknownOptions">Options of the file that this version does not know.</param>
public sealed record LoadedState(IReadOnlyList<string> Missing, IReadOnlyList<string> Unused, IReadOnlyList<string> Cast,
    IReadOnlyList<string> UnknownOptions);
