using System.CommandLine;
using Root.Optimizers.AdaNewton;
using Shared;

namespace Root.Optimizers.Benchmarks.Coefficients;

/// <summary>
/// ./run bench coefficients: makes the table that the library ships with, from the spectra of captured momentum.
/// </summary>
internal static class CoefficientsCommand
{
    private const string Folder = "src/Root.Optimizers/AdaNewton";
    private const string TableFile = "shipped-coefficients.json";

    /// <summary>Model widths: vision and small language transformers, GPT-2 small to XL, Llama-like ones.</summary>
    private static readonly long[] Widths = [128, 192, 256, 384, 512, 640, 768, 1024, 1280, 1536, 1600, 2048, 2560, 3072, 4096];

    /// <summary>Shapes that are no multiple of a width: gated MLPs and grouped heads of Llama-like models.</summary>
    private static readonly (long, long)[] Others = [(2048, 5632), (2560, 6912), (3072, 8192), (4096, 11008), (4096, 14336),
        (512, 2048), (1024, 4096)];

    public static Command Create()
    {
        var json = new Option<string?>("--json") { Description = "file for the errors of the fits" };
        var command = new Command("coefficients", $"Fits the coefficients that the library ships with into {Folder}.") { json };
        command.SetAction(given => Run(given.GetValue(json)));
        return command;
    }

    private static int Run(string? json)
    {
        var spectra = CapturedSpectrum.Load(CapturedSpectrum.Width192);
        var fits =
            from shape in Widths.SelectMany(w => new[] { (w, w), (w, 2 * w), (w, 3 * w), (w, 4 * w) }).Concat(Others)
            from steps in Enumerable.Range(3, 3)
            select (rows: shape.Item1, columns: shape.Item2, steps);
        var all = fits.ToArray();
        var table = ProgressDisplay.Run(all.Length, progress =>
        {
            var table = new CoefficientTable();
            foreach (var (rows, columns, steps) in all)
            {
                progress.Begin($"{rows}x{columns}, {steps} steps");
                var spectrum = CapturedSpectrum.Nearest(spectra, rows, columns).As(Math.Min(rows, columns));
                var (schedule, error) = ScheduleFit.Fit(spectrum, rows, columns, steps);
                table.Set(rows, columns, new(schedule, error));
                progress.Step();
            }
            return table;
        });
        var file = Path.Combine(Folder, TableFile);
        table.Save(file);
        Console.WriteLine($"{table.Entries.Count} entries in {file}");
        if (json is not null)
            ResultFile.Write(json, new
                { file, results = table.Entries.Select(e => new { e.shorter, e.longer, e.steps, error = e.entry.Error }) });
        return 0;
    }
}
