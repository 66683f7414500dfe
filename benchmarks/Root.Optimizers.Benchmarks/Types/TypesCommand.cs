using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Types;

/// <summary>./run bench types: what float32 masters are worth to a model in bfloat16, and what momentum in bfloat16
/// costs.</summary>
internal static class TypesCommand
{
    private const long Features = 64, Classes = 10, Batch = 128;

    private static readonly (string kind, ScalarType type, bool masters, Precision state, string bytes)[] Kinds =
    [
        ("float32", ScalarType.Float32, false, Precision.Automatic, "4 + 4"),
        ("float32, momentum in bfloat16", ScalarType.Float32, false, Precision.BFloat16, "4 + 2"),
        ("bfloat16, float32 masters", ScalarType.BFloat16, true, Precision.Automatic, "2 + 8"),
        ("bfloat16, float32 masters, momentum in bfloat16", ScalarType.BFloat16, true, Precision.BFloat16, "2 + 6"),
        ("bfloat16, no masters", ScalarType.BFloat16, false, Precision.Automatic, "2 + 4"),
    ];

    public static Command Create()
    {
        var steps = new Option<int>("--steps") { Description = "of each training", DefaultValueFactory = _ => 2000 };
        var seeds = new Option<int>("--seeds") { Description = "trainings of each kind", DefaultValueFactory = _ => 3 };
        var command = new Command("types", "A small model trained in float32 and in bfloat16: masters, momentum.")
            { steps, seeds };
        command.SetAction(given => Run(given.GetValue(steps), given.GetValue(seeds)));
        return command;
    }

    private static int Run(int steps, int seeds)
    {
        var table = new Table().AddColumns("optimizer", "weights", "validation loss", "norm of the matrices", "norm of the gains",
            "bytes a parameter");
        foreach (var name in new[] { "RootOptimizer", "Muon" })
            foreach (var (kind, type, masters, state, bytes) in Kinds)
            {
                var runs = Enumerable.Range(1, seeds).Select(seed => Train(name, type, masters, state, seed, steps)).ToArray();
                table.AddRow(name, kind, Figure(runs.Select(r => r.loss)), Figure(runs.Select(r => r.matrices)),
                    Figure(runs.Select(r => r.gains)), bytes);
            }
        AnsiConsole.Write(table);
        return 0;
    }

    private static string Figure(IEnumerable<double> values)
    {
        var all = values.ToArray();
        return string.Create(CultureInfo.InvariantCulture, $"{all.Average():0.000} ± {(all.Max() - all.Min()) / 2:0.000}");
    }

    private static (double loss, double matrices, double gains) Train(string name, ScalarType type, bool masters,
        Precision state, int seed, int steps)
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
