using Root.Optimizers.AdaNewton;
using Root.Optimizers.Benchmarks.Coefficients;
using Root.Optimizers.Orthogonalization;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Fidelity;

/// <summary>A way to orthogonalize, whose coefficients may depend on the shape and on the step.</summary>
/// <param name="Name">As in the table and in JSON.</param>
/// <param name="Title">As in the figure.</param>
/// <param name="Type">The element type of the iteration.</param>
/// <param name="Coefficients">For a shape (shorter, longer) at a step.</param>
internal sealed record Method(string Name, string Title, ScalarType Type, Func<(long, long), long, NewtonSchulzSchedule> Coefficients);

/// <summary>The methods that are compared, the learned ones learned from the capture.</summary>
internal static class Methods
{
    /// <summary>Learned tables are frozen after this step and judged on later ones.</summary>
    public const long FrozenAfter = 100;

    public static List<Method> All(IReadOnlyList<Momentum> captured)
    {
        var fixedSets = new List<Method>
        {
            Fixed("classic5", "classic, 5 steps", PublishedSchedules.Classic()),
            Fixed("muon5", "Muon, 5 steps", PublishedSchedules.Muon()),
            Fixed("polar_express5", "Polar Express, 5 steps", PublishedSchedules.PolarExpress()),
            Fixed("quintic5", "quintic, 5 steps", PublishedSchedules.Quintic),
        };
        var spectra = captured.Where(m => m.ForLearning && m.Step <= FrozenAfter)
            .ToLookup(m => m.Shape, m => Spectrum.FromMatrix(m.B).Normalized(Normalization.Frobenius));
        fixedSets.Add(OneTriple("root_triple_random", "ROOT's triple, random", spectra, 0));
        fixedSets.Add(OneTriple("root_triple_real", "ROOT's triple, real", spectra, 1));
        fixedSets.Add(OneTriple("root_triple_mixed", "ROOT's triple, mixed", spectra, ScheduleFit.MeasuredShare));
        var methods = fixedSets.SelectMany(m => new[] { m, m with { Name = m.Name + "_bf16", Title = m.Title + ", bfloat16",
            Type = ScalarType.BFloat16 } })
            .ToList();
        foreach (var steps in new[] { 3, 4, 5 })
        {
            var (frozen, online) = (Learned(captured, steps, FrozenAfter), Learned(captured, steps, long.MaxValue));
            foreach (var (suffix, title, type) in new[] { ("f32", "", ScalarType.Float32), ("bf16", ", bfloat16", ScalarType.BFloat16) })
            {
                methods.Add(new($"learned{steps}_{suffix}", $"learned, {steps} steps{title}", type, frozen));
                methods.Add(new($"learned{steps}_{suffix}_online", $"learned online, {steps} steps{title}", type, online));
            }
        }
        return methods;
    }

    private static Method Fixed(string name, string title, NewtonSchulzSchedule schedule) =>
        new(name, title, ScalarType.Float32, (_, _) => schedule);

    /// <summary>The paper's ablation: one stable triple for five steps, fitted to random, real or mixed spectra.</summary>
    private static Method OneTriple(string name, string title, ILookup<(long, long), Spectrum> spectra, double measuredShare)
    {
        var schedules = spectra.ToDictionary(shape => shape.Key, shape =>
        {
            var nodes = ScheduleFit.Mix(Pooled(shape.ToArray()), shape.Key.Item1, shape.Key.Item2, Normalization.Frobenius, measuredShare);
            return SingleTriple.Fit(nodes, 5).schedule;
        });
        return new(name, title, ScalarType.Float32, (shape, _) => schedules[shape]);
    }

    private static Spectrum Pooled(Spectrum[] spectra) => new(
        spectra.SelectMany(s => s.Values).ToArray(),
        spectra.SelectMany(s => s.Weights.Select(w => w / spectra.Length)).ToArray(),
        spectra[0].Count);

    /// <summary>What an optimizer of so many steps has learned by each step, up to a last one.</summary>
    private static Func<(long, long), long, NewtonSchulzSchedule> Learned(IReadOnlyList<Momentum> captured, int steps, long last)
    {
        var history = new Dictionary<(long, long), List<(long step, NewtonSchulzSchedule schedule)>>();
        foreach (var momentum in captured.Where(m => m.ForLearning && m.Step <= last).OrderBy(m => m.Step))
        {
            var table = new CoefficientTable();
            table.Learn(momentum.B, steps, momentum.Step);
            if (table.Entries.Count == 0) continue;
            if (!history.TryGetValue(momentum.Shape, out var list)) history[momentum.Shape] = list = [];
            list.Add((momentum.Step, table.Entries[0].entry.Schedule));
        }
        return (shape, step) => history[shape].Last(learned => learned.step <= step).schedule;
    }
}
