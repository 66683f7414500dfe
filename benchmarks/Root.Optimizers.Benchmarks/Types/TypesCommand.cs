using System.CommandLine;
using System.Globalization;
using System.Text;
using Shared;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Types;

/// <summary>./run bench types: what float32 masters are worth to a model in bfloat16, and what momentum in bfloat16
/// costs.</summary>
internal static class TypesCommand
{
    private const long Features = 64, Classes = 10, Batch = 128;

    private static readonly (string weights, string momentum, ScalarType type, bool masters, Precision state, string bytes)[] Kinds =
    [
        ("float32", "float32", ScalarType.Float32, false, Precision.Automatic, "4 + 4"),
        ("float32", "bfloat16", ScalarType.Float32, false, Precision.BFloat16, "4 + 2"),
        ("bfloat16, float32 masters", "float32", ScalarType.BFloat16, true, Precision.Automatic, "2 + 8"),
        ("bfloat16, float32 masters", "bfloat16", ScalarType.BFloat16, true, Precision.BFloat16, "2 + 6"),
        ("bfloat16, no masters", "float32", ScalarType.BFloat16, false, Precision.Automatic, "2 + 4"),
    ];

    /// <param name="Optimizer">Its name.</param>
    /// <param name="Weights">Their type.</param>
    /// <param name="Momentum">Its type.</param>
    /// <param name="Bytes">A parameter, weight + state, of matrices.</param>
    /// <param name="Seed">Of teacher, weights and data.</param>
    /// <param name="Loss">Over fresh batches at the end.</param>
    /// <param name="Matrices">Their norm at the end.</param>
    /// <param name="Vectors">Likewise.</param>
    private sealed record Outcome(string Optimizer, string Weights, string Momentum, string Bytes, int Seed, double Loss,
        double Matrices, double Vectors);

    public static Command Create()
    {
        var steps = new Option<int>("--steps") { Description = "of each training", DefaultValueFactory = _ => 2000 };
        var seeds = new Option<int>("--seeds") { Description = "trainings of each kind", DefaultValueFactory = _ => 3 };
        var json = new Option<string?>("--json") { Description = "file for the figures" };
        var command = new Command("types", "A small model trained in float32 and in bfloat16: masters, momentum.")
            { steps, seeds, json };
        command.SetAction(given => Run(given.GetValue(steps), given.GetValue(seeds), given.GetValue(json)));
        return command;
    }

    private static int Run(int steps, int seeds, string? path)
    {
        if (steps < 1) throw new UserException($"--steps {steps}: must be 1 or more.", UserException.Usage);
        if (seeds < 1) throw new UserException($"--seeds {seeds}: must be 1 or more.", UserException.Usage);
        string[] names = ["RootOptimizer", "Muon"];
        var trainings =
            from name in names
            from of in Kinds
            from seed in Enumerable.Range(1, seeds)
            select new Training<Outcome>($"{name}, {of.weights}, momentum {of.momentum}, seed {seed}", steps, stepped =>
            {
                var (loss, matrices, vectors) = Train(name, of.type, of.masters, of.state, seed, steps, stepped);
                return new(name, of.weights, of.momentum, of.bytes, seed, loss, matrices, vectors);
            });
        var outcomes = Trainings.Run([.. trainings], o => FormattableString.Invariant(
            $"{o.Optimizer}, {o.Weights}, momentum {o.Momentum}, seed {o.Seed}: validation loss {o.Loss:0.000}"));
        Console.WriteLine(Table(outcomes));
        if (path is not null) ResultFile.Write(path, new { machine = Machine.Describe(), steps, results = outcomes });
        return 0;
    }

    private static string Table(IEnumerable<Outcome> outcomes)
    {
        var text = new StringBuilder()
            .AppendLine("| optimizer | weights | momentum | validation loss | norm of the matrices | norm of the vectors "
                + "| bytes a parameter: weight + state (matrices) |")
            .AppendLine("|---|---|---|---|---|---|---|");
        foreach (var runs in outcomes.GroupBy(o => (o.Optimizer, o.Weights, o.Momentum, o.Bytes)))
            text.AppendLine($"| {runs.Key.Optimizer} | {runs.Key.Weights} | {runs.Key.Momentum} | {Figure(runs.Select(r => r.Loss))} "
                + $"| {Figure(runs.Select(r => r.Matrices))} | {Figure(runs.Select(r => r.Vectors))} | {runs.Key.Bytes} |");
        return text.ToString();
    }

    private static string Figure(IEnumerable<double> values)
    {
        var all = values.ToArray();
        return string.Create(CultureInfo.InvariantCulture, $"{all.Average():0.000} ± {(all.Max() - all.Min()) / 2:0.000}");
    }

    private static (double loss, double matrices, double vectors) Train(string name, ScalarType type, bool masters,
        Precision state, int seed, int steps, Action stepped)
    {
        manual_seed(seed);
        using var scope = NewDisposeScope();
        using var teacher = Network();
        using var model = Network();
        model.to(type);
        using MatrixOptimizer optimizer = name == "Muon"
            ? new Muon(model, lr: 2e-3, new() { lr_scale = LrScale.MatchAdamWRms, master_weights = masters, state_precision = state })
            : new RootOptimizer(model, lr: 2e-3, new() { master_weights = masters, state_precision = state });
        var schedule = optim.lr_scheduler.LambdaLR(optimizer, step => 1 - (double)step / steps);
        for (var step = 0; step < steps; step++)
        {
            using var inner = NewDisposeScope();
            optimizer.zero_grad();
            Loss(teacher, model, type).backward();
            optimizer.step();
            schedule.step();
            stepped();
        }
        using var none = no_grad();
        var loss = Enumerable.Range(0, 50).Average(_ => Loss(teacher, model, type).item<float>());
        double Norm(int dimensions) => Math.Sqrt(model.parameters().Where(p => p.dim() == dimensions)
            .Sum(p => Math.Pow(p.to(ScalarType.Float32).norm().item<float>(), 2)));
        return (loss, Norm(2), Norm(1));
    }

    private static Sequential Network() => nn.Sequential(
        ("in", nn.Linear(Features, 128)), ("norm", nn.LayerNorm(128)), ("act", nn.GELU()), ("middle", nn.Linear(128, 128)),
        ("act2", nn.GELU()), ("out", nn.Linear(128, Classes)));

    /// <summary>Of labels that a teacher of the same kind gives, a tenth of them changed at random.</summary>
    private static Tensor Loss(Sequential teacher, Sequential model, ScalarType type)
    {
        var inputs = randn(Batch, Features);
        Tensor labels;
        using (no_grad())
        {
            var wrong = rand(Batch).lt(0.1);
            labels = where(wrong, randint(Classes, Batch), teacher.forward(inputs).argmax(-1));
        }
        return nn.functional.cross_entropy(model.forward(inputs.to(type)).to(ScalarType.Float32), labels);
    }
}
