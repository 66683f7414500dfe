using System.CommandLine;
using System.Globalization;
using System.Text;
using Root.Optimizers.Benchmarks.Compare;
using Shared;

namespace Root.Optimizers.Benchmarks.Sign;

/// <summary>./run bench sign: what a training feels of the way in which singular values come near 1.</summary>
internal static class SignCommand
{
    public static Command Create()
    {
        var forms = new Option<string>("--forms")
        {
            Description = $"comma-separated; the first is what the others are compared with. {SignForm.Help}",
            DefaultValueFactory = _ => "learned:4,exact,gain:20,gain:78,gain:322,spread:0.15,spread:0.3,learned:3,muon:5",
        };
        var seeds = new Option<int>("--seeds") { Description = "how many", DefaultValueFactory = _ => 2 };
        var first = new Option<int>("--first-seed") { Description = "the first of them", DefaultValueFactory = _ => 1 };
        var steps = new Option<int>("--steps") { Description = "training steps", DefaultValueFactory = _ => 150 };
        var rate = new Option<double>("--lr") { Description = "learning rate of all", DefaultValueFactory = _ => 0.016 };
        var json = new Option<string?>("--json") { Description = "file for the figures" };
        var command = new Command("sign", "Trains CharGpt with exact and inexact signs of the momentum.")
            { forms, seeds, first, steps, rate, json };
        command.SetAction(given => Run(given.GetValue(forms)!.Split(',').Distinct().ToArray(), given.GetValue(first),
            given.GetValue(seeds), given.GetValue(steps), given.GetValue(rate), given.GetValue(json)));
        return command;
    }

    private static int Run(string[] forms, int first, int seeds, int steps, double rate, string? json)
    {
        if (seeds < 1) throw new UserException($"--seeds {seeds}: must be 1 or more.", UserException.Usage);
        var contenders = forms.Select(form => SignForm.Named(form) with { LearningRate = rate }).ToArray();
        var outcomes = Training.Run(
            [.. Enumerable.Range(first, seeds).SelectMany(seed => contenders.Select(c => new Job(c, seed)))], steps, evalEvery: steps,
            done => Figures.SaveJson(json, new { machine = Machine.Describe(), steps, results = done.Select(o => Figures.Json(o)) }));

        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{steps} steps, learning rate {rate:g3}. {Machine.Describe()}.").AppendLine();
        text.AppendLine($"| form | validation loss | by seed | less {forms[0]}'s, paired | standard error | below, with 95 % confidence |");
        text.AppendLine("|---|---|---|---|---|---|");
        double[] Losses(string form) => [.. outcomes.Where(o => o.Contender.Name == form).OrderBy(o => o.Seed).Select(o => o.ValLoss)];
        foreach (var form in forms)
        {
            text.Append($"| {form} | {Figures.WithSpread(Losses(form))} | ");
            if (form == forms[0]) text.AppendLine(" | | |");
            else
            {
                var difference = PairedDifference.Of([.. Losses(form).Zip(Losses(forms[0]), (own, other) => own - other)]);
                text.AppendLine(CultureInfo.InvariantCulture,
                    $"{difference.Mean:+0.0000;-0.0000} | {difference.StandardError:0.0000} | {difference.UpperBound:+0.0000;-0.0000} |");
            }
        }
        Console.WriteLine(text);
        return 0;
    }
}
