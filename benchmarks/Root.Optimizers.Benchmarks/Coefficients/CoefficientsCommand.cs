using System.CommandLine;
using System.Text.Json;
using CharGpt;
using Root.Optimizers.Benchmarks.Fidelity;
using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.Benchmarks.Coefficients;

/// <summary>
/// ./run bench coefficients: makes the table that the library ships with, from the spectra of captured momentum.
/// </summary>
internal static class CoefficientsCommand
{
    private const string Folder = "src/Root.Optimizers/Orthogonalization";
    private const string TableFile = "shipped-coefficients.json";

    /// <summary>Later than this the spectra of a run change little.</summary>
    private const long FromStep = 150;

    /// <summary>Model widths: vision and small language transformers, GPT-2 small to XL, Llama-like ones.</summary>
    private static readonly long[] Widths = [128, 192, 256, 384, 512, 640, 768, 1024, 1280, 1536, 1600, 2048, 2560, 3072, 4096];

    /// <summary>Shapes that are no multiple of a width: gated MLPs and grouped heads of Llama-like models.</summary>
    private static readonly (long, long)[] Others = [(2048, 5632), (2560, 6912), (3072, 8192), (4096, 11008), (4096, 14336), (512, 2048), (1024, 4096)];

    public static Command Create()
    {
        var replay = new Option<string?>("--replay")
            { Description = "captured momentum of ./run bench fidelity --capture, to take the spectra from anew" };
        var command = new Command("coefficients", $"Fits the coefficients that the library ships with into {Folder}.") { replay };
        command.SetAction(given => Run(given.GetValue(replay)));
        return command;
    }

    private static int Run(string? replay)
    {
        if (replay is not null) File.WriteAllText(CapturedSpectrum.File, Json(MedianSpectra(Capture.Load(replay))));
        var spectra = CapturedSpectrum.Load();
        var table = new CoefficientTable();
        foreach (var (rows, columns) in Widths.SelectMany(w => new[] { (w, w), (w, 2 * w), (w, 3 * w), (w, 4 * w) }).Concat(Others))
            foreach (var steps in new[] { 4, 5 })
            {
                var (schedule, error) = ScheduleFit.Fit(CapturedSpectrum.Nearest(spectra, rows, columns), rows, columns, steps, Normalisation.Schatten8);
                table.Set(rows, columns, new(schedule, Normalisation.Schatten8, new(CoefficientSource.Fitted, Error: error)));
            }
        table.Save(Path.Combine(Folder, TableFile));
        Console.WriteLine($"{table.Entries.Count} entries in {Path.Combine(Folder, TableFile)}");
        return 0;
    }

    private static CapturedSpectrum[] MedianSpectra(IEnumerable<Momentum> captured) => captured
        .Where(m => m.Step >= FromStep)
        .GroupBy(m => m.Shape, m => Spectrum.Of(m.B).Over(Normalisation.Frobenius).Values.OrderDescending().ToArray())
        .OrderBy(shape => shape.Key)
        .Select(shape => new CapturedSpectrum([shape.Key.Shorter, shape.Key.Longer], Enumerable.Range(0, (int)shape.Key.Shorter)
            .Select(i => shape.Select(values => values[i]).Order().ElementAt(shape.Count() / 2))
            .Select(value => double.Parse(value.ToString("G5"))).ToArray()))
        .ToArray();

    private static string Json(CapturedSpectrum[] spectra) =>
        JsonSerializer.Serialize(spectra, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = false })
            .Replace("},{", "},\n{") + "\n";
}
