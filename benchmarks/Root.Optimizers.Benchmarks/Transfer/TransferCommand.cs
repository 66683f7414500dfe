using System.CommandLine;
using System.Globalization;
using System.Text;
using Shared;

namespace Root.Optimizers.Benchmarks.Transfer;

/// <summary>
/// ./run bench transfer: loss over learning rate as width and depth grow, optimizer by optimizer. Where the best rate
/// stays, it can be found on a small network.
/// </summary>
internal static class TransferCommand
{
    private static readonly long[] Widths = [64, 128, 256, 512];
    private static readonly int[] Depths = [2, 4, 8];
    private const int FixedDepth = 2;
    private const long FixedWidth = 128;

    /// <param name="Optimizer">Its name.</param>
    /// <param name="Width">Of the hidden layers.</param>
    /// <param name="Depth">How many blocks.</param>
    /// <param name="Lr">Learning rate.</param>
    /// <param name="Loss">At the end; null where the training diverged.</param>
    private sealed record Point(string Optimizer, long Width, int Depth, double Lr, double? Loss);

    public static Command Create()
    {
        var steps = new Option<int>("--steps") { Description = "training steps", DefaultValueFactory = _ => 200 };
        var seed = new Option<int>("--seed") { Description = "of weights and data", DefaultValueFactory = _ => 1 };
        var widest = new Option<long>("--widest")
            { Description = "leave out wider networks", DefaultValueFactory = _ => Widths[^1] };
        var json = new Option<string?>("--json") { Description = "file for the results" };
        var folder = new Option<string?>("--out") { Description = "folder for the curves and the table" };
        var command = new Command("transfer", "Loss over learning rate as width and depth grow.")
            { steps, seed, widest, json, folder };
        command.SetAction(given => Run(given.GetValue(steps), given.GetValue(seed), given.GetValue(widest),
            given.GetValue(json), given.GetValue(folder)));
        return command;
    }

    private static int Run(int steps, int seed, long widest, string? json, string? folder)
    {
        var sizes = Widths.Where(w => w <= widest).Select(w => (w, FixedDepth))
            .Concat(Depths.Where(d => d != FixedDepth).Select(d => (FixedWidth, d))).ToArray();
        var trainings =
            from optimizer in Enumerable.Range(0, TransferTask.Optimizers.Length)
            let name = TransferTask.Optimizers[optimizer].name
            from size in sizes
            from lr in TransferTask.Optimizers[optimizer].rates
            select (optimizer, name, width: size.Item1, depth: size.Item2, lr);
        var all = trainings.ToArray();
        var points = ProgressDisplay.Run(all.Length, progress => all.Select(t =>
        {
            progress.Begin($"{t.name}, {t.width} x {t.depth}");
            var loss = TransferTask.Train(t.optimizer, t.width, t.depth, t.lr, steps, seed);
            progress.Step();
            return new Point(t.name, t.width, t.depth, t.lr, double.IsFinite(loss) ? loss : null);
        }).ToList());
        var table = Table(points);
        Console.WriteLine(table);
        if (json is not null)
            ResultFile.Write(json, new { steps, seed, points });
        if (folder is null) return 0;
        AtomicFile.Write(Path.Combine(folder, "transfer.md"), table);
        foreach (var optimizer in points.GroupBy(p => p.Optimizer))
        {
            Draw(Path.Combine(folder, $"transfer-width-{FileName(optimizer.Key)}.svg"),
                $"{optimizer.Key}, depth {FixedDepth}", "width",
                optimizer.Where(p => p.Depth == FixedDepth).GroupBy(p => p.Width));
            Draw(Path.Combine(folder, $"transfer-depth-{FileName(optimizer.Key)}.svg"),
                $"{optimizer.Key}, width {FixedWidth}", "depth",
                optimizer.Where(p => p.Width == FixedWidth).GroupBy(p => (long)p.Depth));
        }
        return 0;

        static string FileName(string name) => name.Replace(' ', '-');
    }

    private static void Draw(string path, string title, string size, IEnumerable<IGrouping<long, Point>> lines)
    {
        var plot = new LinePlot(title, "learning rate", "loss at the end", logX: true);
        foreach (var line in lines.OrderBy(l => l.Key))
            plot.Add($"{size} {line.Key}", line.Where(p => p.Loss < 3).Select(p => (p.Lr, p.Loss!.Value)),
                markers: true);
        plot.Save(path);
    }

    /// <summary>
    /// The best rate at each size, by how many doublings it moves, and what the smallest size's best costs at the
    /// others.
    /// </summary>
    private static string Table(List<Point> points)
    {
        var sizes = points.Select(p => (p.Width, p.Depth)).Distinct().ToArray();
        var page = new StringBuilder($"| optimizer | {string.Join(" | ", sizes.Select(s => $"{s.Width} x {s.Depth}"))} "
            + "| the best moves by, doublings | loss above the best at the first size's rate |\n"
            + $"|---|{string.Concat(sizes.Select(_ => "---|"))}---|---|\n");
        foreach (var optimizer in points.GroupBy(p => p.Optimizer))
        {
            var best = sizes.Select(s =>
                optimizer.Where(p => (p.Width, p.Depth) == s && p.Loss is not null).MinBy(p => p.Loss)!).ToArray();
            var moves = best.Max(p => Math.Log2(p.Lr)) - best.Min(p => Math.Log2(p.Lr));
            var first = best[0].Lr;
            var regret = best.Max(b =>
                (optimizer.Single(p => (p.Width, p.Depth, p.Lr) == (b.Width, b.Depth, first)).Loss
                    ?? double.PositiveInfinity) - b.Loss!.Value);
            var cells = best.Select(p => FormattableString.Invariant($"2^{Math.Log2(p.Lr):0} ({p.Loss:0.000})"));
            page.AppendLine(CultureInfo.InvariantCulture,
                $"| {optimizer.Key} | {string.Join(" | ", cells)} | {moves:0} | {regret:0.000} |");
        }
        return page.ToString();
    }
}
