namespace Root.Optimizers;

/// <summary>What <see cref="StepDiagnostics"/> found in one step.</summary>
/// <param name="Optimizer">The name of its type.</param>
/// <param name="Step">The most steps that one of the matrices has taken, this one included; 0 where none was stepped.</param>
/// <param name="Matrices">Those that were stepped; in a group of ranks, by this one.</param>
/// <param name="Stages">How long each stage took in all, watching left out. On a GPU the device is waited for after each piece.</param>
public sealed record StepReport(string Optimizer, long Step, IReadOnlyList<MatrixReport> Matrices,
    IReadOnlyDictionary<StepStage, TimeSpan> Stages);
