using System.Globalization;
using System.Text;
using Shared;

namespace ImageClassifier;

/// <summary>What the trainings came to, for people.</summary>
public static class Report
{
    /// <summary>The table as NAME.md, and the training losses as NAME.svg.</summary>
    public static void Save(string folder, string name, string title, IReadOnlyList<Outcome> outcomes)
    {
        AtomicFile.Write(Path.Combine(folder, name + ".md"), Table(outcomes));
        var plot = new LinePlot($"{title}, mean over seeds", "share of the training", "training loss");
        foreach (var method in outcomes.GroupBy(o => o.Method))
            plot.Add(method.Key, Enumerable.Range(0, method.First().Losses.Length)
                .Select(i => ((i + 1.0) / method.First().Losses.Length, method.Average(o => o.Losses[i]))));
        plot.Save(Path.Combine(folder, name + ".svg"));
    }

    /// <summary>A row a method: means and half the range over the seeds.</summary>
    public static string Table(IReadOnlyList<Outcome> outcomes)
    {
        var page = new StringBuilder()
            .AppendLine("| method | lr | test accuracy | by seed | final training loss | seconds per step |")
            .AppendLine("|---|---|---|---|---|---|");
        foreach (var method in outcomes.GroupBy(o => o.Method))
        {
            var accuracies = method.Select(o => o.TestAccuracy).ToArray();
            var bySeed = accuracies.Select(a => a.ToString("0.0000", CultureInfo.InvariantCulture));
            var seconds = method.Select(o => o.SecondsPerStep).Order().ElementAt(accuracies.Length / 2);
            page.Append(CultureInfo.InvariantCulture, $"| {method.Key} | {method.First().Lr:g3} ")
                .Append(CultureInfo.InvariantCulture, $"| {WithSpread(accuracies)} | {string.Join(", ", bySeed)} ")
                .Append(CultureInfo.InvariantCulture, $"| {WithSpread([.. method.Select(o => o.Loss)])} ")
                .AppendLine(CultureInfo.InvariantCulture, $"| {seconds:0.000} |");
        }
        return page.ToString();
    }

    private static string WithSpread(double[] values) => string.Create(CultureInfo.InvariantCulture,
        $"{values.Average():0.0000} ± {(values.Max() - values.Min()) / 2:0.0000}");
}
