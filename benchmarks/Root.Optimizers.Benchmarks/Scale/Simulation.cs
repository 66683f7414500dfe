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

    /// <summary>What the model says: of each machine, by ranks.</summary>
    public static IEnumerable<SimulatedRow> Rows(string model) =>
        from machine in Machines
        from ranks in Ranks
        let plan = Plan(model, ranks, machine.EntryBytes)
        select new SimulatedRow(model, machine.Name, ranks, machine.Training(plan, Known[model].tokens), machine.Replicated(plan),
            machine.Owned(plan), machine.Reduce(plan), machine.ReduceToOwners(plan), machine.Gather(plan),
            plan.Costs.Max() / plan.Costs.Average(), plan.Bytes.Max() / plan.Bytes.Average());

    /// <summary>The tables of a model.</summary>
    public static string Page(string model)
    {
        var text = new StringBuilder();
        foreach (var (machine, rows) in Machines.Zip(Rows(model).Chunk(Ranks.Length)))
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"\n{model} on ranks that are each a {machine.Name} of {machine.FlopsPerSecond / 1e12:0.#} TFLOP/s and "
                + $"{machine.BytesPerSecond / 1e9:0.#} GB/s, {Known[model].tokens:N0} tokens a step; seconds:\n")
                .AppendLine("| ranks | forward, backward | orthogonalize, replicated | owned | reduce, to the owners | gather "
                    + "| the most that one multiplies and sends, of the mean |")
                .AppendLine("|---|---|---|---|---|---|---|");
            foreach (var row in rows)
                text.AppendLine(CultureInfo.InvariantCulture,
                    $"| {row.Ranks:N0} | {Seconds(row.Training)} | {Seconds(row.Replicated)} | {Seconds(row.Owned)} "
                    + $"| {Seconds(row.Reduce)}, {Seconds(row.ReduceToOwners)} | {Seconds(row.Gather)} "
                    + $"| {row.MostMultiplied:0.00}, {row.MostSent:0.00} |");
        }
        return text.ToString();

        // Three digits, and no exponents.
        static string Seconds(double value) => ((decimal)double.Parse(value.ToString("G3", CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>Of a number of ranks.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Machine">What each rank is.</param>
/// <param name="Ranks">How many.</param>
/// <param name="Training">Seconds of forward and backward, as all that follows but the last two.</param>
/// <param name="Replicated">Every rank orthogonalizes all.</param>
/// <param name="Owned">Each its own share.</param>
/// <param name="Reduce">Gradients are averaged on all ranks.</param>
/// <param name="ReduceToOwners">On those alone that need them.</param>
/// <param name="Gather">Parameters come back.</param>
/// <param name="MostMultiplied">By one rank, of the mean.</param>
/// <param name="MostSent">Likewise.</param>
internal sealed record SimulatedRow(string Model, string Machine, int Ranks, double Training, double Replicated, double Owned,
    double Reduce, double ReduceToOwners, double Gather, double MostMultiplied, double MostSent);
