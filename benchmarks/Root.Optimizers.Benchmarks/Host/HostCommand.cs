using System.CommandLine;
using System.Globalization;
using Root.Optimizers.AdaNewton;
using Shared;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Host;

/// <summary>
/// ./run bench host: what a step costs the host, which on a GPU issues calls and does nothing else. Every side of a model's parameters is
/// cut to a few entries, biases and norms are among them, and one thread steps; beside TorchSharp's own AdamW and SGD over the same
/// list, in turn. Over meta tensors, too, whose operators compute shapes and nothing else.
/// </summary>
internal static class HostCommand
{
    private const string AdamW = "adamw", Meta = ".meta";

    /// <summary>In which code is compiled: they do not count.</summary>
    private const int FirstRounds = 20;

    /// <param name="Name">As in the table.</param>
    /// <param name="Make">Over named parameters.</param>
    /// <param name="OnMeta">Whether all its operators have meta kernels.</param>
    private sealed record Contender(string Name, Func<(string, Parameter)[], OptimizerHelper> Make, bool OnMeta = true);

    private static readonly Contender[] Contenders =
    [
        new(AdamW, p => optim.AdamW(p.Select(n => n.Item2), 1e-3, weight_decay: 0.1)),
        new("sgd", p => optim.SGD(p.Select(n => n.Item2), 1e-3, momentum: 0.9)),
        new("fallback", p => new Muon(p, new Muon.Options { route = _ => Route.AdamW })),
        new("muon", p => new Muon(p)),
        // Learned coefficients that stay: a refit is not the host's cost of a step.
        new("root", p => new RootOptimizer(p, new RootOptimizer.Options { learn_coefficients = false }), OnMeta: false),
        // abs has no meta kernel: over meta tensors root is timed without its split.
        new("root_unclipped", p => new RootOptimizer(p, new RootOptimizer.Options
            { learn_coefficients = false, outlier_quantile = 1, coefficients = CoefficientTable.Shipped() })),
        new("manifold_muon", p => new ManifoldMuon(p), OnMeta: false),
        new("spheres", p => new HypersphericalDescent(p), OnMeta: false),
    ];

    /// <param name="Milliseconds">The median of a step.</param>
    /// <param name="ManagedBytes">Allocated by it, likewise.</param>
    private sealed record Cost(double Milliseconds, double ManagedBytes);

    public static Command Create()
    {
        var set = new Option<string>("--params")
            { Description = HostModel.Names, DefaultValueFactory = _ => "gpt2-small:12" };
        var device = new Option<string>("--device") { Description = "cpu, cuda or cuda:N", DefaultValueFactory = _ => "cpu" };
        var rounds = new Option<int>("--rounds") { Description = "timed steps of each", DefaultValueFactory = _ => 300 };
        var json = new Option<string?>("--json") { Description = "file for the figures" };
        var command = new Command("host", "What a step costs the host: over a model's list of parameters, each cut to a few entries.")
            { set, device, rounds, json };
        command.SetAction(given => Run(given.GetValue(set)!, Devices.Parse(given.GetValue(device)!), given.GetValue(rounds),
            given.GetValue(json)));
        return command;
    }

    private static int Run(string set, Device device, int rounds, string? path)
    {
        if (rounds < 1) throw new UserException($"--rounds {rounds}: must be 1 or more.", UserException.Usage);
        set_num_threads(1);
        var costs = ProgressDisplay.Run(2 * (FirstRounds + rounds), progress => Measure(set, rounds, device, Contenders, "", progress)
            .Concat(Measure(set, rounds, META, Contenders.Where(c => c.OnMeta), Meta, progress)).ToDictionary());
        var ratios = new Dictionary<string, double>();
        Console.WriteLine($"A step over the {HostModel.Make(set, META).Length} parameters of {set}, a few entries each, on {device}, one "
            + $"thread; medians of {rounds}:\n");
        Console.WriteLine("| optimizer | milliseconds | of AdamW | managed KiB |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var (name, cost) in costs)
        {
            var kind = name.EndsWith(Meta, StringComparison.Ordinal) ? Meta : "";
            var ratio = cost.Milliseconds / costs[AdamW + kind].Milliseconds;
            if (name != AdamW + kind) ratios[$"{name[..^kind.Length]}/{AdamW}{kind}"] = ratio;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {cost.Milliseconds:0.000} | {ratio:0.00} | {cost.ManagedBytes / 1024:0} |"));
        }
        Console.WriteLine($"\n{Machine.Describe()}");
        if (path is not null)
            ResultFile.Write(path,
                new { machine = Machine.Describe(), @params = set, rounds, costs, ratios });
        return 0;
    }

    /// <summary>All take their steps in turn.</summary>
    private static IEnumerable<KeyValuePair<string, Cost>> Measure(string set, int rounds, Device device, IEnumerable<Contender> contenders,
        string suffix, ProgressDisplay progress)
    {
        progress.Begin($"{device} tensors");
        var made = contenders.Select(contender =>
        {
            manual_seed(1);
            var parameters = HostModel.Make(set, device);
            foreach (var (_, parameter) in parameters) parameter.grad = HostModel.Randn(parameter.shape, device);
            return (contender.Name, optimizer: contender.Make(parameters), seconds: new List<double>(), bytes: new List<double>());
        }).ToArray();
        for (var round = -FirstRounds; round < rounds; round++)
        {
            foreach (var (_, optimizer, seconds, bytes) in made)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                var took = Timing.Seconds(() => optimizer.step(), device);
                if (round < 0) continue;
                seconds.Add(took);
                bytes.Add(GC.GetAllocatedBytesForCurrentThread() - before);
            }
            progress.Step();
        }
        foreach (var (name, optimizer, seconds, bytes) in made)
        {
            optimizer.Dispose();
            yield return new(name + suffix, new(Timing.Median(seconds) * 1e3, Timing.Median(bytes)));
        }
    }
}
