using System.Globalization;
using System.Text;
using Shared;

namespace ManifoldMlp;

/// <summary>What the trainings of one method and learning rate came to: means over the seeds.</summary>
public sealed record Summary(string Method, double Lr, double TrainAccuracy, double TestAccuracy,
    double[] TestAccuracyBySeed, double MsPerStep, double OptimizerMsPerStep,
    IReadOnlyDictionary<string, double[]> SingularValues);

public static class Report
{
    public static List<Summary> Summarize(IEnumerable<Outcome> outcomes) => outcomes
        .GroupBy(o => (o.Method, o.Lr))
        .Select(row => new Summary(row.Key.Method, row.Key.Lr, row.Average(o => o.TrainAccuracy),
            row.Average(o => o.TestAccuracy), row.Select(o => o.TestAccuracy).ToArray(), row.Average(o => o.MsPerStep),
            row.Average(o => o.OptimizerMsPerStep),
            row.First().SingularValues.ToDictionary(weight => weight.Key, weight => weight.Value
                .Select((_, i) => row.Average(o => (double)o.SingularValues[weight.Key][i])).ToArray())))
        .ToList();

    /// <summary>
    /// The table, accuracy over learning rate, and the singular values of every weight at each method's best rate.
    /// </summary>
    public static void Draw(string folder, string data, IReadOnlyList<Summary> summaries)
    {
        AtomicFile.Write(Path.Combine(folder, "manifold-mlp.md"), Table(summaries));
        var accuracy = new LinePlot($"An MLP on {data}", "learning rate", "test accuracy", logX: true);
        foreach (var method in summaries.GroupBy(s => s.Method))
            accuracy.Add(method.Key, method.OrderBy(s => s.Lr).Select(s => (s.Lr, s.TestAccuracy)), markers: true);
        accuracy.Save(Path.Combine(folder, "manifold-mlp-accuracy.svg"));
        var best = summaries.GroupBy(s => s.Method).Select(m => m.MaxBy(s => s.TestAccuracy)!).ToArray();
        foreach (var weight in best[0].SingularValues.Keys)
        {
            var spectrum = new LinePlot($"Singular values of {weight}, best learning rate of each", "index",
                "singular value");
            foreach (var summary in best)
                spectrum.Add(summary.Method, summary.SingularValues[weight].Select((s, i) => ((double)i, s)));
            spectrum.Save(Path.Combine(folder, $"manifold-mlp-{weight.Split('.')[0]}.svg"));
        }
    }

    public static string Table(IReadOnlyList<Summary> summaries)
    {
        var weights = summaries[0].SingularValues.Keys.ToArray();
        var page = new StringBuilder("| method | lr | train accuracy | test accuracy | ms per step | of it the optimizer |")
            .AppendLine(string.Concat(weights.Select(w => $" singular values of {w} |")))
            .AppendLine("|" + string.Concat(Enumerable.Repeat("---|", 6 + weights.Length)));
        foreach (var s in summaries)
        {
            var spread = (s.TestAccuracyBySeed.Max() - s.TestAccuracyBySeed.Min()) / 2;
            page.Append(CultureInfo.InvariantCulture, $"| {s.Method} | {s.Lr} | {s.TrainAccuracy:0.0000} | "
                + $"{s.TestAccuracy:0.0000} ± {spread:0.0000} ");
            page.Append(CultureInfo.InvariantCulture, $"| {s.MsPerStep:0.0} | {s.OptimizerMsPerStep:0.0} |");
            foreach (var w in weights)
                page.Append(CultureInfo.InvariantCulture, $" {s.SingularValues[w][^1]:0.0000} to {s.SingularValues[w][0]:0.0000} |");
            page.AppendLine();
        }
        return page.ToString();
    }
}
