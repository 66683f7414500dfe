using System.CommandLine;
using Root.Optimizers.Benchmarks.Compare;
using Shared;

namespace Root.Optimizers.Benchmarks.Race;

/// <summary>
/// ./run bench race: optimizers and what is added to them, against Muon, by rules (<see cref="RaceRules.Text"/>) that are strict enough for
/// small differences. Every run is written as it ends; a race that is stopped goes on with --resume.
/// </summary>
internal static class RaceCommand
{
    private static readonly string[] SmokeEntries = [RaceEntry.Reference, "muon-rows"];

    public static Command Create()
    {
        var entries = new Option<string[]>("--entry")
        {
            Description = $"beside {RaceEntry.Reference}; all by default, of the smoke budget {SmokeEntries[1]}. Of: "
                + string.Join(", ", RaceEntry.All.Select(entry => entry.Name)),
            AllowMultipleArgumentsPerToken = true,
        };
        var seeds = new Option<int?>("--seeds") { Description = "how many of each stage, in the place of its own number" };
        var budget = new Option<string>("--budget")
        {
            Description = "smoke: one short stage; full: a screen of all entries, five fresh seeds for the best three, and double width "
                + "for the winner",
            DefaultValueFactory = _ => "full",
        };
        budget.AcceptOnlyFromAmong("smoke", "full");
        var last = new Option<string>("--last") { Description = "the stage to end with", DefaultValueFactory = _ => "wide" };
        last.AcceptOnlyFromAmong([.. RaceStage.Full.Select(stage => stage.Name)]);
        var resume = new Option<bool>("--resume") { Description = "go on with the runs of the file; else it is put aside" };
        var runs = new Option<string?>("--runs") { Description = "file of the runs, artifacts/race/BUDGET.jsonl by default" };
        var workers = new Option<int>("--workers")
        {
            Description = "processes that train at the same time, for a device that one training does not fill; 1: this one",
            DefaultValueFactory = _ => 1,
        };
        var minutes = new Option<double>("--minutes") { Description = "the most that a stage takes", DefaultValueFactory = _ => 150 };
        var device = new Option<string>("--device") { Description = "cpu, cuda or cuda:N", DefaultValueFactory = _ => "cpu" };
        var layers = new Option<int>("--layers") { Description = "of the model", DefaultValueFactory = _ => 4 };
        var width = new Option<int>("--width")
            { Description = $"of the model; a multiple of {RaceTraining.HeadWidth}", DefaultValueFactory = _ => 192 };
        var noise = new Option<bool>("--noise") { Description = "multiply a thousandth of the gradients' entries by 100" };
        var results = new Option<string?>("--out") { Description = "folder for race.md and race.svg" };
        var json = new Option<string?>("--json") { Description = "file for the figures" };
        var command = new Command("race", $"Races optimizers against Muon, by these rules:\n{RaceRules.Text}")
            { entries, seeds, budget, last, resume, runs, workers, minutes, device, layers, width, noise, results, json };
        command.SetAction(given =>
        {
            var isSmoke = given.GetValue(budget) == "smoke";
            var named = given.GetValue(entries) is { Length: > 0 } some ? some
                : isSmoke ? SmokeEntries : [.. RaceEntry.All.Select(entry => entry.Name)];
            var count = given.GetValue(seeds);
            if (count is < 2 or > RaceStage.MostSeeds)
                throw new UserException($"--seeds {count}: 2 or more, for a spread, and at most {RaceStage.MostSeeds}, "
                    + "which no other stage has.", UserException.Usage);
            if (given.GetValue(width) is var w && (w < RaceTraining.HeadWidth || w % RaceTraining.HeadWidth != 0))
                throw new UserException($"--width {w}: a multiple of {RaceTraining.HeadWidth}.", UserException.Usage);
            if (given.GetValue(workers) is var processes && processes < 1)
                throw new UserException($"--workers {processes}: 1 or more.", UserException.Usage);
            // A page of runs that are all there is made without the device that they were made on.
            var where = given.GetValue(device)!;
            _ = given.GetValue(resume) ? Devices.Named(where) : Devices.Parse(where);
            var stages = isSmoke ? RaceStage.Smoke
                : RaceStage.Full.Take(1 + Array.FindIndex([.. RaceStage.Full], stage => stage.Name == given.GetValue(last)));
            var setting = new RaceSetting(where, given.GetValue(layers), w, given.GetValue(noise));
            var log = new RaceLog(given.GetValue(runs) ?? Path.Combine("artifacts", "race", $"{given.GetValue(budget)}.jsonl"),
                given.GetValue(resume));
            var contenders = named.Prepend(RaceEntry.Reference).Distinct().Select(RaceEntry.Named).ToArray();
            var others = Enumerable.Range(0, processes > 1 ? processes : 0).Select(_ => new RaceProcess(processes)).ToArray();
            try
            {
                IEnumerable<Func<RaceKey, Task<RaceRun>>> all =
                    others.Length > 0 ? others.Select(other => (Func<RaceKey, Task<RaceRun>>)other.Train)
                    : [key => Task.FromResult(RaceTraining.Train(key))];
                return Run(new(log, setting, TimeSpan.FromMinutes(given.GetValue(minutes)), all), setting, contenders,
                    [.. stages.Select(stage => stage with { Seeds = count ?? stage.Seeds })], given.GetValue(results),
                    given.GetValue(json));
            }
            finally
            {
                Parallel.ForEach(others, other => other.Dispose());
            }
        });
        return command;
    }

    private static int Run(RaceTrack track, RaceSetting setting, IReadOnlyList<RaceEntry> entries, IReadOnlyList<RaceStage> stages,
        string? folder, string? json)
    {
        var done = new List<(RaceStage stage, RaceSetting setting, List<RaceResult> results)>();
        foreach (var stage in stages)
        {
            var starting = done.Count == 0
                ? entries.Select(entry => (entry, entry.Contender.LearningRate))
                : Best(done[^1].results, stage.Best).Select(result => (result.Entry, result.Rate));
            var results = track.Run(stage, starting);
            done.Add((stage, setting with { Width = setting.Width * stage.WidthFactor }, results));
            var page = RacePage.Text(done);
            if (stage == stages[^1]) Console.WriteLine(page);
            if (folder is not null) Figures.Save(folder, "race", page, RacePage.Plot(stage, results));
            Figures.SaveJson(json, new
            {
                machine = RacePage.Machines(done.SelectMany(d => d.results).SelectMany(r => r.All)),
                stages = done.Select(d => new
                {
                    d.stage, d.setting,
                    results = d.results.Select(r => new
                    {
                        entry = r.Entry.Name, r.Rate, r.Tried, r.Runs, r.Shortened,
                        less = Summary(r.Less(d.results[0])),
                        shares = r.Shortened.Select(s => new { s.Share, less = Summary(RaceResult.Less(s.Runs, d.results[0])) }),
                    }),
                }),
            });
        }
        return 0;
    }

    /// <summary>Muon, the best others, and where more than one goes on the best AdamW.</summary>
    private static IEnumerable<RaceResult> Best(List<RaceResult> results, int? count)
    {
        var ranked = results.Skip(1).OrderBy(result => result.Runs.Average(run => run.Score)).ToArray();
        var best = ranked.Where(result => !result.Entry.IsAdamW).Take(count ?? ranked.Length);
        return [results[0], .. best, .. ranked.Where(result => count > 1 && result.Entry.IsAdamW).Take(1)];
    }

    /// <summary>For JSON, which has no word for what is no number.</summary>
    private static object? Summary(PairedDifference? difference) => difference is { StandardError: > 0 }
        ? new { difference.Mean, difference.StandardError, difference.Count, difference.PValue }
        : null;
}
