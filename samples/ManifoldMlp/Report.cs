using System.Globalization;
using System.Text;
using CharGpt;

namespace ManifoldMlp;

public static class Report
{
    public static void Show(IReadOnlyList<Outcome> outcomes) => Console.WriteLine(Table(outcomes));

    /// <summary>
    /// The table, accuracy over learning rate, and the singular values of every weight of each method's best run.
    /// </summary>
    public static void Draw(string folder, string data, IReadOnlyList<Outcome> outcomes)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "manifold-mlp.md"), Table(outcomes));
        var accuracy = new LinePlot($"An MLP on {data}", "learning rate", "test accuracy", logX: true);
        foreach (var method in outcomes.GroupBy(o => o.Method))
            accuracy.Add(method.Key, method.GroupBy(o => o.Lr).OrderBy(rate => rate.Key)
                .Select(rate => (rate.Key, rate.Average(o => o.TestAccuracy))), markers: true);
        accuracy.Save(Path.Combine(folder, "manifold-mlp-accuracy.svg"));
        var best = outcomes.GroupBy(o => o.Method).Select(m => m.MaxBy(o => o.TestAccuracy)!).ToArray();
        foreach (var weight in best[0].SingularValues.Keys)
        {
            var spectrum = new LinePlot($"Singular values of {weight}, best run of each", "index", "singular value");
            foreach (var outcome in best)
                spectrum.Add(outcome.Method, outcome.SingularValues[weight].Select((s, i) => ((double)i, (double)s)));
            spectrum.Save(Path.Combine(folder, $"manifold-mlp-{weight.Split('.')[0]}.svg"));
        }
    }

    /// <summary>A row a method and learning rate: means over the seeds, of test accuracy with half its range.</summary>
    private static string Table(IReadOnlyList<Outcome> outcomes)
    {
        var weights = outcomes[0].SingularValues.Keys.ToArray();
        var page = new StringBuilder("| method | lr | train accuracy | test accuracy | ms per step | of it the optimizer |")
            .AppendLine(string.Concat(weights.Select(w => $" singular values of {w} |")))
            .AppendLine("|" + string.Concat(Enumerable.Repeat("---|", 6 + weights.Length)));
        foreach (var row in outcomes.GroupBy(o => (o.Method, o.Lr)))
        {
            var test = row.Select(o => o.TestAccuracy).ToArray();
            page.Append(CultureInfo.InvariantCulture, $"| {row.Key.Method} | {row.Key.Lr} | {row.Average(o => o.TrainAccuracy):0.0000} ")
                .Append(CultureInfo.InvariantCulture, $"| {test.Average():0.0000} ± {(test.Max() - test.Min()) / 2:0.0000} ")
                .Append(CultureInfo.InvariantCulture, $"| {row.Average(o => o.MsPerStep):0.0} | {row.Average(o => o.OptimizerMsPerStep):0.0} |");
            foreach (var w in weights)
                page.Append(CultureInfo.InvariantCulture,
                    $" {row.Min(o => o.SingularValues[w][^1]):0.0000} to {row.Max(o => o.SingularValues[w][0]):0.0000} |");
            page.AppendLine();
        }
        return page.ToString();
    }
}
