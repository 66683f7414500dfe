namespace Root.Optimizers.Insight;

/// <summary>A figure of a <see cref="MatrixReport"/>, as JSON and meters name it.</summary>
/// <param name="Name">In lower case, with underscores.</param>
/// <param name="Unit">In UCUM's notation: 1 for a ratio, or what has the gradient's or the weight's own unit.</param>
/// <param name="Description">In a few words.</param>
/// <param name="Of">The figure; null where the matrix has none.</param>
internal sealed record Measure(string Name, string Unit, string Description, Func<MatrixReport, double?> Of)
{
    /// <summary>All figures.</summary>
    public static IReadOnlyList<Measure> All { get; } =
    [
        new("momentum_rms", "1", "RMS of the momentum", m => m.MomentumRms),
        new("outlier_threshold", "1", "eps, beyond which entries of the momentum are clipped", m => m.OutlierThreshold),
        new("outlier_share", "1", "Share of the momentum's entries beyond eps", m => m.OutlierShare),
        new("outlier_energy", "1", "Share of the momentum's squared norm that is clipped off", m => m.OutlierEnergy),
        new("orthogonality_error", "1", "||U U^T - I||_F / sqrt(n) of the orthogonalized momentum", m => m.OrthogonalityError),
        new("schedule_lower", "1", "l, the least singular value that the Newton-Schulz steps are made for", m => m.ScheduleLower),
        new("schedule_steps", "{step}", "Newton-Schulz steps taken", m => m.ScheduleSteps),
        new("schedule_bound", "1", "E, how far from 1 singular values in [l, 1] may end", m => m.ScheduleBound),
        new("schedule_error", "1", "Mean of (s - 1)^2 over the spectrum fitted to", m => m.ScheduleError),
        new("manifold_distance", "1", "Distance of the weight from its manifold after the step", m => m.ManifoldDistance),
        new("brought_back", "{time}", "How often the weight was brought back to its manifold", m => m.BroughtBack),
        new("weight_rms", "1", "RMS of the weight before the step", m => m.WeightRms),
        new("update_rms", "1", "RMS of the weight's change", m => m.UpdateRms),
        new("update_ratio", "1", "RMS of the change over RMS of the weight", m => m.UpdateRatio),
    ];
}
