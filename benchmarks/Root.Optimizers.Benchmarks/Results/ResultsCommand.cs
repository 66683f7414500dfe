using System.CommandLine;
using System.Globalization;
using Shared;

namespace Root.Optimizers.Benchmarks.Results;

/// <summary>./run results: makes the pages of docs/results/ again, one command after the other.</summary>
internal static class ResultsCommand
{
    public static Command Create()
    {
        var names = new Argument<string[]>("NAME")
            { Description = $"what to make, of {Result.List}; all where none is given", Arity = ArgumentArity.ZeroOrMore };
        var resume = new Option<bool>("--resume") { Description = "leave what has been made of this commit" };
        var json = new Option<string?>("--json") { Description = "file for what was made, left and failed" };
        var command = new Command("results", "Makes the pages of docs/results/ again by today's code: hours.") { names, resume, json };
        command.SetAction(given => Run(given.GetValue(names) ?? [], given.GetValue(resume), given.GetValue(json)));
        return command;
    }

    private static int Run(string[] names, bool resume, string? json)
    {
        var chosen = Choose(names);
        var commit = SourceCommit.Find();
        using var stop = new StopSignal();
        var (made, left, failed) = (new List<string>(), new List<string>(), new List<string>());
        foreach (var (result, i) in chosen.Select((result, i) => (result, i)))
        {
            var run = new ResultRun(result, commit);
            if (resume && run.IsMade)
            {
                left.Add(result.Name);
                continue;
            }
            Console.Error.WriteLine($"{i + 1}/{chosen.Length} {result.Name}: {result.Command}");
            var exitCode = run.Make(stop.Token);
            if (stop.Token.IsCancellationRequested)
            {
                Console.Error.WriteLine($"Stopped in {result.Name}. To go on: ./run results {string.Join(' ', [.. names, "--resume"])}");
                return StopSignal.ExitCode;
            }
            (exitCode == 0 ? made : failed).Add(result.Name);
            Console.Error.WriteLine(exitCode == 0
                ? $"{result.Page} is made again."
                : string.Create(CultureInfo.InvariantCulture, $"{result.Name} failed with {exitCode}: {run.Log}"));
        }

        Console.WriteLine($"Of commit {commit}. Made: {Listed(made)}. Left as they were made: {Listed(left)}. Failed: {Listed(failed)}.");
        if (json is not null) ResultFile.Write(json, new { commit, made, left, failed });
        return failed.Count == 0 ? 0 : UserException.Failure;

        static string Listed(List<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);
    }

    /// <summary>What is asked for, in the list's order; a page without its block is found before hours have gone.</summary>
    private static Result[] Choose(string[] names)
    {
        var all = Result.All(File.ReadAllText(Result.List));
        if (names.FirstOrDefault(name => all.All(result => result.Name != name)) is { } unknown)
            throw new UserException($"{unknown}: of {string.Join(", ", all.Select(result => result.Name))}.", UserException.Usage);
        var chosen = all.Where(result => names.Length == 0 || names.Contains(result.Name)).ToArray();
        if (Array.Find(chosen, result => result.In(File.ReadAllText(result.Page)) is null) is { } lost)
            throw new UserException($"{lost.Page} has no block for {lost.Name}, which {Result.List} lists.");
        return chosen;
    }
}
