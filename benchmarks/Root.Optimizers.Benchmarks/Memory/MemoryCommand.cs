using System.CommandLine;
using System.Globalization;
using Root.Optimizers.Benchmarks.Step;
using Shared;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Memory;

/// <summary>
/// ./run bench memory: how much a step takes above parameters, gradients and state, by the process's peak resident memory. Each optimizer
/// is alone with the model's matrices.
/// </summary>
internal static class MemoryCommand
{
    private static readonly (string name, Func<IReadOnlyList<Parameter>, IDisposable> make, Action<IDisposable> step)[] Contenders =
    [
        ("muon_plain_bf16", p => new PlainMuon(p, ScalarType.BFloat16), o => ((PlainMuon)o).Step()),
        ("root_reference", p => new RootReference(p), o => ((RootReference)o).Step()),
        ("adamw", p => optim.AdamW(p, 1e-3, weight_decay: 0.1), Step),
        ("adamw_fallback", p => new Muon(p, new Muon.Options { route = _ => Route.AdamW }), Step),
        ("muon", p => new Muon(p), Step),
        ("root", p => new RootOptimizer(p), Step),
        ("root_float32", p => new RootOptimizer(p, new RootOptimizer.Options { precision = Precision.Float32 }), Step),
        ("manifold_muon", p => new ManifoldMuon(p), Step),
    ];

    /// <param name="StateMiB">What stays after the first step.</param>
    /// <param name="PeakMiB">The most that a step takes above that; the second and third, on which no refit falls.</param>
    private sealed record Use(double StateMiB, double PeakMiB);

    public static Command Create()
    {
        var set = new Option<string>("--params") { Description = ParameterSet.Names, DefaultValueFactory = _ => "gpt2-small:12" };
        var only = new Option<string[]>("--optimizer")
        {
            Description = string.Join(", ", Contenders.Select(c => c.name)) + "; all where not given",
            AllowMultipleArgumentsPerToken = true,
        };
        var json = new Option<string?>("--json") { Description = "file for the figures" };
        var command = new Command("memory", "The peak of a step above parameters, gradients and state.") { set, only, json };
        command.SetAction(given => Run(given.GetValue(set)!, given.GetValue(only) ?? [], given.GetValue(json)));
        return command;
    }

    private static void Step(IDisposable optimizer) => ((OptimizerHelper)optimizer).step();

    private static int Run(string set, string[] only, string? path)
    {
        if (only.FirstOrDefault(name => Contenders.All(c => c.name != name)) is { } unknown)
            throw new UserException($"--optimizer {unknown}: one of {string.Join(", ", Contenders.Select(c => c.name))}.",
                UserException.Usage);
        var parameters = ParameterSet.Make(set, Gradients.Gaussian, CPU);
        var model = 4.0 / (1 << 20) * parameters.Sum(p => p.numel());
        var chosen = Contenders.Where(c => only.Length == 0 || only.Contains(c.name)).ToArray();
        var uses = ProgressDisplay.Run(chosen.Length, progress =>
        {
            var uses = new Dictionary<string, Use>();
            foreach (var (name, make, step) in chosen)
            {
                progress.Begin(name);
                var before = ResidentMemory.Now();
                using var optimizer = make(parameters);
                step(optimizer);
                var held = ResidentMemory.Now();
                ResidentMemory.ResetPeak();
                step(optimizer);
                step(optimizer);
                uses[name] = new(held - before, ResidentMemory.Peak() - held);
                progress.Step();
            }
            return uses;
        });
        Console.WriteLine(FormattableString.Invariant($"{set}: parameters {model:0} MiB, gradients as much. Resident memory:\n"));
        Console.WriteLine("| optimizer | state, MiB | peak of a step above all, MiB | of the parameters |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var (name, use) in uses)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {use.StateMiB:0} | {use.PeakMiB:0} | {use.PeakMiB / model:0.00} |"));
        Console.WriteLine($"\n{Machine.Describe()}");
        if (path is not null)
            ResultFile.Write(path,
                new { machine = Machine.Describe(), @params = set, parameters_mib = model, uses });
        return 0;
    }
}
