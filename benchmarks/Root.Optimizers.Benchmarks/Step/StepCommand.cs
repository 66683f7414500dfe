using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CharGpt;
using Root.Optimizers.Orthogonalization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Step;

/// <summary>./run bench step: the time of one step of each optimizer over a model's matrices, in one process.</summary>
internal static class StepCommand
{
    private const string Baseline = "muon_plain_bf16", Reference = "root_reference";

    private static readonly JsonSerializerOptions Json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>
    /// Something to time. Gflop: of its matrix products; Type: the type they are in; Refits: whether a step that refits
    /// is timed apart.
    /// </summary>
    private sealed record Contender(string Name, Action Step, Func<double> Gflop, ScalarType Type, Func<bool>? IsRefit = null);

    public static Command Create()
    {
        var parameters = new Option<string>("--params")
            { Description = ParameterSet.Names, DefaultValueFactory = _ => "gpt2-small:3" };
        var device = new Option<string>("--device") { Description = "cpu, cuda or cuda:N", DefaultValueFactory = _ => "cpu" };
        var rounds = new Option<int>("--rounds") { Description = "timed steps of each", DefaultValueFactory = _ => 15 };
        var json = new Option<string?>("--json") { Description = "file for the figures" };
        var command = new Command("step", "Times a step of each optimizer, interleaved in one process; medians and ratios.")
            { parameters, device, rounds, json };
        command.SetAction(given => Run(given.GetValue(parameters)!, Devices.Parse(given.GetValue(device)!),
            given.GetValue(rounds), given.GetValue(json)));
        return command;
    }

    private static int Run(string set, Device device, int rounds, string? path)
    {
        if (rounds < 1) throw new UserException($"--rounds {rounds}: must be 1 or more.", UserException.Usage);
        var machine = Machine.Measure(device);
        Console.WriteLine(machine);
        var parameters = ParameterSet.Make(set, device);
        using var plain = new PlainMuon(parameters, ScalarType.BFloat16);
        using var reference = new RootReference(parameters);
        using var adamw = optim.AdamW(parameters, 1e-3, weight_decay: 0.1);
        // Every matrix to its AdamW: what the fallback costs.
        using var fallback = new Muon(parameters, new Muon.Options { route = _ => Route.AdamW });
        using var muon = new Muon(parameters);
        using var muon32 = new Muon(parameters, new Muon.Options { precision = Precision.Float32 });
        using var root = new RootOptimizer(parameters);
        using var root32 = new RootOptimizer(parameters, new RootOptimizer.Options { precision = Precision.Float32 });
        // The table in the package is fitted to a real run's momentum, whose schedules may need more products than those of
        // the Gaussian gradients here.
        using var shipped = new RootOptimizer(parameters, new RootOptimizer.Options { ns_steps = 4, learn_coefficients = false });
        using var published = new RootOptimizer(parameters, RootOptimizer.Options.Published());
        var step = 0L;
        var fivePlain = Gflop(parameters, Form.Plain, (_, _) => PublishedSchedules.Muon(), ScalarType.Float32);
        // The schedules are asked for when the steps are done: learning may have changed them, and with them the form.
        Func<double> Learned(RootOptimizer optimizer, ScalarType type) => () =>
            Gflop(parameters, Form.Automatic, (m, n) => optimizer.Coefficients.For(m, n, 4).In(type), type);
        Contender Optimizer(string name, OptimizerHelper optimizer, Func<double> gflop, ScalarType type) =>
            new(name, () => optimizer.step(), gflop, type);
        Contender[] contenders =
        [
            new(Baseline, plain.Step, () => fivePlain, ScalarType.BFloat16),
            new(Reference, reference.Step, () => fivePlain, ScalarType.Float32),
            Optimizer("adamw", adamw, () => 0, ScalarType.Float32),
            Optimizer("adamw_fallback", fallback, () => 0, ScalarType.Float32),
            Optimizer("muon", muon, () => fivePlain, ScalarType.BFloat16),
            Optimizer("muon_float32", muon32,
                () => Gflop(parameters, Form.Automatic, (_, _) => PublishedSchedules.Muon(), ScalarType.Float32), ScalarType.Float32),
            Optimizer("root", root, Learned(root, ScalarType.BFloat16), ScalarType.BFloat16)
                with { IsRefit = () => RefitSchedule.IsDue(step) },
            Optimizer("root_shipped", shipped, Learned(shipped, ScalarType.BFloat16), ScalarType.BFloat16),
            Optimizer("root_float32", root32, Learned(root32, ScalarType.Float32), ScalarType.Float32)
                with { IsRefit = () => RefitSchedule.IsDue(step) },
            Optimizer("root_published", published,
                () => Gflop(parameters, Form.Automatic, (m, n) => CoefficientTable.RootPublished.For(m, n, 5).Schedule, ScalarType.Float32),
                ScalarType.Float32),
        ];

        var (seconds, refits) = (contenders.ToDictionary(c => c.Name, _ => new List<double>()),
            contenders.ToDictionary(c => c.Name, _ => new List<double>()));
        // The steps that refit are counted apart, and two in four of the first ten do: rounds go on until there are enough.
        for (step = 1; contenders.Any(c => seconds[c.Name].Count < rounds); step++)
            foreach (var contender in contenders)
            {
                var took = Timing.Seconds(contender.Step, device);
                if (step > 2) (contender.IsRefit?.Invoke() == true ? refits : seconds)[contender.Name].Add(took);
            }
        var medians = contenders.ToDictionary(c => c.Name, c => Timing.Median(seconds[c.Name]));
        var ratios = new Dictionary<string, double>();
        foreach (var name in medians.Keys)
        {
            if (name != Baseline) ratios[$"{name}/{Baseline}"] = medians[name] / medians[Baseline];
            if (name.StartsWith("root") && name != Reference) ratios[$"{name}/{Reference}"] = medians[name] / medians[Reference];
        }
        ratios["adamw_fallback/adamw"] = medians["adamw_fallback"] / medians["adamw"];
        var refit = Timing.Median(refits["root"]) - medians["root"];
        const int run = 1000;
        var withLearning = medians["root"] + refit * RefitSchedule.Count(run) / run;
        ratios[$"root_mean_of_{run}_steps/{Baseline}"] = withLearning / medians[Baseline];

        Console.WriteLine(Table(contenders, medians, machine, set, parameters));
        Console.WriteLine(FormattableString.Invariant(
            $"A step of root that refits its coefficients takes {refit:0.000} s more; over {run} steps a step takes {withLearning:0.000} s on average."));
        if (path is not null)
            File.WriteAllText(path, JsonSerializer.Serialize(new
                { machine, @params = set, rounds, seconds = medians, refit_seconds = refit, ratios }, Json) + "\n");
        return 0;
    }

    /// <summary>GFLOP of the products of a step.</summary>
    private static double Gflop(IEnumerable<Parameter> parameters, Form form, Func<long, long, NewtonSchulzSchedule> schedule,
        ScalarType type) => parameters.Sum(p =>
        {
            var (m, n) = (p.shape[0], p.shape[1]);
            return 2e-9 * Math.Pow(Math.Min(m, n), 3) * NewtonSchulz.Products(form, schedule(m, n), m, n, type);
        });

    private static string Table(Contender[] contenders, Dictionary<string, double> medians, Machine machine, string set,
        List<Parameter> parameters)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"A step over {set} ({parameters.Sum(p => p.numel()) / 1e6:0.0} M parameters), medians:");
        text.AppendLine("| optimizer | seconds | of plain Muon in bfloat16 | of ROOT's reference | GFLOP of its products | share of the product rate |");
        text.AppendLine("|---|---|---|---|---|---|");
        foreach (var c in contenders)
        {
            var gflop = c.Gflop();
            var share = gflop == 0 ? "" : (gflop / medians[c.Name] / machine.Gflops(c.Type)).ToString("0.00", CultureInfo.InvariantCulture);
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {c.Name} | {medians[c.Name]:0.0000} | {medians[c.Name] / medians[Baseline]:0.000} | {medians[c.Name] / medians[Reference]:0.000} | {gflop:0} | {share} |");
        }
        return text.ToString();
    }
}
