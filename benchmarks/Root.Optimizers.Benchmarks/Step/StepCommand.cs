using System.CommandLine;
using Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Step;

/// <summary>
/// ./run bench step: the time of one step of each optimizer over a model's matrices, in one process. Over gradients like the
/// momentum of a real training, and over Gaussian ones, which have no small singular values: a learned schedule has fewer
/// products there.
/// </summary>
internal static class StepCommand
{
    public static Command Create()
    {
        var parameters = new Option<string>("--params")
            { Description = ParameterSet.Names, DefaultValueFactory = _ => "gpt2-small:3" };
        var device = new Option<string>("--device") { Description = "cpu, cuda or cuda:N", DefaultValueFactory = _ => "cpu" };
        var rounds = new Option<int>("--rounds") { Description = "timed steps of each", DefaultValueFactory = _ => 5 };
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
        var (momentum, gaussian) = ProgressDisplay.Run(2 * StepTimes.Steps(rounds), progress =>
            (Measure("the momentum of a real training", Gradients.ClippedMomentum, progress),
                Measure("Gaussian gradients", Gradients.Gaussian, progress)));
        Console.WriteLine($"{machine}\n{momentum.page}\n{gaussian.page}");
        if (path is not null)
            ResultFile.Write(path, new
            {
                machine, @params = set, rounds, momentum.times.Seconds, momentum.times.RefitSeconds, momentum.times.Ratios,
                gaussian = gaussian.times,
            });
        return 0;

        (StepTimes times, string page) Measure(string kind, Func<long, long, Device, Tensor> gradient, ProgressDisplay progress)
        {
            progress.Begin(kind);
            using var contenders = new Contenders(ParameterSet.Make(set, gradient, device));
            var times = StepTimes.Measure(contenders, rounds, device, progress.Step);
            return (times, FormattableString.Invariant(
                $"\nA step over {set} ({contenders.Entries / 1e6:0.0} M parameters) with {kind}, medians:\n\n")
                + times.Page(contenders, machine));
        }
    }
}
