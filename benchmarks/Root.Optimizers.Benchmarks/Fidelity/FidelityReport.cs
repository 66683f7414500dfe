using System.Globalization;
using System.Text;
using Shared;

namespace Root.Optimizers.Benchmarks.Fidelity;

/// <summary>The tables and the figures of a fidelity run.</summary>
internal static class FidelityReport
{
    private static readonly string[] Drawn =
        ["classic5", "muon5", "polar_express5", "quintic5", "root_triple_mixed", "learned4_bf16_online", "learned4_f32_online",
            "learned5_f32_online"];

    public static void Draw(string folder, IReadOnlyList<Method> methods, (long, long)[] shapes, List<Measured> measured)
    {
        Directory.CreateDirectory(folder);
        foreach (var shape in shapes) Draw(Path.Combine(folder, $"fidelity-{shape.Item1}x{shape.Item2}.svg"), methods, shape, measured);
    }

    private static void Draw(string path, IReadOnlyList<Method> methods, (long, long) shape, List<Measured> measured)
    {
        var plot = new LinePlot($"Momentum of CharGpt's {shape.Item1}x{shape.Item2} matrices", "training step",
            "median of the mean (s - 1)^2", logY: true);
        foreach (var method in methods.Where(m => Drawn.Contains(m.Name)))
            plot.Add(method.Title, measured.Where(m => m.Method == method.Name && m.Shape == shape)
                .GroupBy(m => m.Step, m => m.Squared)
                .OrderBy(step => step.Key)
                .Select(step => ((double)step.Key, FidelityCommand.Median(step))), markers: true);
        plot.Save(path);
    }

    public static string Tables(IReadOnlyList<Method> methods, (long, long)[] shapes, List<Measured> measured)
    {
        var page = new StringBuilder();
        foreach (var (title, value) in new (string, Func<Measured, double>)[]
            { ("Mean of (s − 1)² over the singular values", m => m.Squared), ("‖X − U Vᵀ‖ / ‖U Vᵀ‖", m => m.Relative) })
        {
            page.AppendLine($"{title}; median over the shape's parameters at the steps judged:").AppendLine();
            page.AppendLine("| | " + string.Join(" | ", shapes.Select(s => $"{s.Item1}x{s.Item2}")) + " |");
            page.AppendLine("|---|" + string.Concat(shapes.Select(_ => "---:|")));
            foreach (var method in methods)
                page.AppendLine($"| {method.Title} | " + string.Join(" | ", shapes.Select(shape =>
                    FidelityCommand.Median(measured, method.Name, shape, value).ToString("0.0e-0", CultureInfo.InvariantCulture))) + " |");
            page.AppendLine();
        }
        return page.ToString();
    }
}
