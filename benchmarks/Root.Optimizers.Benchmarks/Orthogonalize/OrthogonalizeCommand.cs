using System.CommandLine;
using System.Globalization;
using System.Text;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Benchmarks.Coefficients;
using Root.Optimizers.Benchmarks.Compare;
using Root.Optimizers.Benchmarks.Fidelity;
using Root.Optimizers.Orthogonalization;
using Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Orthogonalize;

/// <summary>./run bench orthogonalize: the error of every named set against the SVD, by shape and spectrum.</summary>
internal static class OrthogonalizeCommand
{
    public static Command Create()
    {
        var shapes = new Option<string>("--shapes")
            { Description = "comma-separated ROWSxCOLUMNS", DefaultValueFactory = _ => "256x256,256x1024,768x768,768x3072" };
        var device = new Option<string>("--device") { Description = "cpu, cuda or cuda:N", DefaultValueFactory = _ => "cpu" };
        var results = new Option<string?>("--out") { Description = "folder for orthogonalize.md" };
        var json = new Option<string?>("--json") { Description = "file for the figures" };
        var command = new Command("orthogonalize", "Errors of every named set of coefficients against the SVD, by shape and spectrum.")
            { shapes, device, results, json };
        command.SetAction(given => Run(given.GetValue(shapes)!.Split(',').Select(Shape).ToArray(),
            Devices.Parse(given.GetValue(device)!), given.GetValue(results), given.GetValue(json)));
        return command;
    }

    private static (long rows, long columns) Shape(string text)
    {
        var sides = text.Split('x');
        return sides.Length == 2 && long.TryParse(sides[0], out var rows) && long.TryParse(sides[1], out var columns)
            && rows > 0 && columns > 0
            ? (rows, columns)
            : throw new UserException($"--shapes {text}: ROWSxCOLUMNS, as 768x3072.", UserException.Usage);
    }

    private static int Run((long rows, long columns)[] shapes, Device device, string? results, string? json)
    {
        using var grad = no_grad();
        var all = ProgressDisplay.Run(shapes.Length * Spectra.All.Count, progress =>
        {
            var all = new List<(long rows, long columns, string spectrum, Measured measured)>();
            foreach (var (rows, columns) in shapes)
                foreach (var (spectrum, make) in Spectra.All)
                {
                    progress.Begin($"{rows}x{columns}, {spectrum}");
                    using var scope = NewDisposeScope();
                    manual_seed(1);
                    var matrix = make(rows, columns).to(device);
                    all.AddRange(Fidelity.Evaluation.Of(new Momentum(0, 0, false, matrix), Sets(matrix))
                        .Select(measured => (rows, columns, spectrum, measured)));
                    progress.Step();
                }
            return all;
        });

        var tables = all.GroupBy(m => $"{m.rows}x{m.columns}", m => m.measured).Select(shape => Table(shape.Key, shape)).ToArray();
        foreach (var table in tables) Console.WriteLine(table);
        if (results is not null)
            AtomicFile.Write(Path.Combine(results, "orthogonalize.md"),
                $"Mean of (s - 1)^2 over the singular values of the result. {Machine.Describe()}.\n\n{string.Join("\n", tables)}");
        Figures.SaveJson(json, new
        {
            machine = Machine.Describe(),
            results = all.Select(m => new
            {
                m.rows, m.columns, m.spectrum, set = m.measured.Method, squared = m.measured.Squared, largest = m.measured.Largest,
                relative = m.measured.Relative,
            }),
        });
        return 0;
    }

    /// <summary>Every named set, the shipped table's, and what would be learned from the matrix itself.</summary>
    private static List<Method> Sets(Tensor matrix)
    {
        var (rows, columns) = (matrix.shape[0], matrix.shape[1]);
        var sets = new List<(string name, NewtonSchulzSchedule schedule)>
        {
            ("classic, 5", PublishedSchedules.Classic()),
            ("Muon, 5", PublishedSchedules.Muon()),
            NearestOfRoot(rows, columns),
            ("quintic, 5", PublishedSchedules.Quintic),
            ("Polar Express, 5", PublishedSchedules.PolarExpress()),
            ("you6, 6", PublishedSchedules.You6),
        };
        foreach (var steps in new[] { 4, 5 })
        {
            sets.Add(($"shipped, {steps}", CoefficientTable.Shipped().For(rows, columns, steps)));
            var learned = new CoefficientTable();
            learned.Learn(matrix, steps, 1);
            sets.Add(($"learned, {steps}", learned.For(rows, columns, steps)));
        }
        return sets.SelectMany(set => new[] { ("", ScalarType.Float32), (", bfloat16", ScalarType.BFloat16) }
            .Select(type => new Method(set.name + type.Item1, set.name + type.Item1, type.Item2, (_, _) => set.schedule))).ToList();
    }

    /// <summary>ROOT's triples are for sides of 2048 only: that of the nearest aspect ratio, under the shape it is for.</summary>
    private static (string, NewtonSchulzSchedule) NearestOfRoot(long rows, long columns)
    {
        var (a, b) = PublishedSchedules.RootTriples.Keys.MinBy(shape =>
            Math.Abs(CapturedSpectrum.Aspect(shape.Item1, shape.Item2) - CapturedSpectrum.Aspect(rows, columns)));
        return ($"ROOT's for {a}x{b}, 5", Root.Optimizers.AdaNewton.Coefficients.Published.For(a, b, 5));
    }

    private static string Table(string title, IEnumerable<Measured> measured)
    {
        var text = new StringBuilder();
        text.AppendLine($"| {title} | {string.Join(" | ", Spectra.All.Select(s => s.name))} |");
        text.AppendLine("|---|" + string.Concat(Spectra.All.Select(_ => "---:|")));
        // Each set's rows are in the order of the spectra, as are the columns.
        foreach (var set in measured.GroupBy(m => m.Method, m => m.Squared.ToString("0.0e-0", CultureInfo.InvariantCulture)))
            text.AppendLine($"| {set.Key} | {string.Join(" | ", set)} |");
        return text.ToString();
    }
}
