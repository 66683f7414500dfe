using System.Globalization;
using System.Text;
using Root.Optimizers.Core.Ranks;

namespace Root.Optimizers.Benchmarks.Scale;

/// <summary>The model for ranks that are not at hand, on the plan that the library makes for them.</summary>
internal static class Simulation
{
    private static readonly int[] Ranks = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    /// <summary>An accelerator in 16 bits, and a node without one in 32; both are assumed, and not measured.</summary>
    private static readonly ScaleModel[] Machines = [new("GPU", 400e12, 50e9, 0, 2), new("CPU node", 2e12, 12.5e9, 0, 4)];

    /// <summary>Shapes of a layer, layers, tables of (vocabulary, width), and tokens of a step.</summary>
    private static readonly Dictionary<string, ((long, long)[] layer, int layers, (long, long) table, double tokens)> Known = new()
    {
        // A GPT of width 2,048 and a Llama of 4,096, both with an embedding and a head.
        ["1.1b"] = ([(2048, 2048), (2048, 2048), (2048, 2048), (2048, 2048), (8192, 2048), (2048, 8192)], 18, (50257, 2048), 1 << 19),
        ["6.7b"] = ([(4096, 4096), (4096, 4096), (4096, 4096), (4096, 4096), (11008, 4096), (11008, 4096), (4096, 11008)], 32,
            (32000, 4096), 1 << 22),
    };

    public static string Names => string.Join(", ", Known.Keys);

    public static bool Has(string model) => Known.ContainsKey(model);

    /// <summary>The plan of a model over ranks.</summary>
    public static ShardPlan Plan(string model, int ranks, int entryBytes)
    {
        var (layer, layers, (rows, columns), _) = Known[model];
        var table = new ShardUnit(0, rows * columns, entryBytes, CanBeCut: true);
        return new([.. Enumerable.Repeat(layer, layers).SelectMany(shapes => shapes).Select(of => Unit(of.Item1, of.Item2, entryBytes)),
            table, table], ranks);
    }

    /// <summary>A matrix.</summary>
    public static ShardUnit Unit(long rows, long columns, int entryBytes) =>
        new(ShardUnit.CostOf(new(rows, columns)), rows * columns, entryBytes);

    /// <summary>The tables of a model.</summary>
    public static string Page(string model)
    {
        var text = new StringBuilder();
        foreach (var machine in Machines)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"\n{model} on ranks that are each a {machine.Name} of {machine.FlopsPerSecond / 1e12:0.#} TFLOP/s and "
                + $"{machine.BytesPerSecond / 1e9:0.#} GB/s, {Known[model].tokens:N0} tokens a step; seconds:\n")
                .AppendLine("| ranks | forward, backward | orthogonalize, replicated | owned | reduce, to the owners | gather "
                    + "| the most that one multiplies and sends, of the mean |")
                .AppendLine("|---|---|---|---|---|---|---|");
            foreach (var ranks in Ranks)
            {
                var plan = Plan(model, ranks, machine.EntryBytes);
                text.AppendLine(CultureInfo.InvariantCulture,
                    $"| {ranks:N0} | {Seconds(machine.Training(plan, Known[model].tokens))} | {Seconds(machine.Replicated(plan))} "
                    + $"| {Seconds(machine.Owned(plan))} "
                    + $"| {Seconds(machine.Reduce(plan))}, {Seconds(machine.ReduceToOwners(plan))} | {Seconds(machine.Gather(plan))} "
                    + $"| {plan.Costs.Max() / plan.Costs.Average():0.00}, {plan.Bytes.Max() / plan.Bytes.Average():0.00} |");
            }
        }
        return text.ToString();

        // Three digits, and no exponents.
        static string Seconds(double value) => ((decimal)double.Parse(value.ToString("G3", CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture);
    }
}
