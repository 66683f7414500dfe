using Shared;

namespace CharGpt;

/// <summary>Training and validation loss over the steps, as SVG.</summary>
public static class LossPlot
{
    private const int MostPoints = 300;

    public static void Save(string path, string title, IReadOnlyList<StepMetrics> history) => Of(title, history).Save(path);

    public static LinePlot Of(string title, IReadOnlyList<StepMetrics> history) =>
        new LinePlot(title, "step", "loss (nats per byte)")
            .Add("training", Smoothed(history), thickness: 1.2)
            .Add("validation", Measured(history), markers: true, thickness: 2);

    // Means over equal stretches: a long run stays legible and its file small.
    private static IEnumerable<(double, double)> Smoothed(IReadOnlyList<StepMetrics> history) => history
        .Chunk((history.Count + MostPoints - 1) / MostPoints)
        .Select(stretch => (stretch.Average(m => m.Step), stretch.Average(m => m.TrainLoss)));

    private static IEnumerable<(double, double)> Measured(IReadOnlyList<StepMetrics> history) => history
        .Where(m => m.ValLoss is not null)
        .Select(m => ((double)m.Step, m.ValLoss!.Value));
}
