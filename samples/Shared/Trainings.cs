using Spectre.Console;

namespace Shared;

/// <summary>A training among others.</summary>
/// <param name="Name">Beside its progress bar.</param>
/// <param name="Steps">How many it takes.</param>
/// <param name="Run">Trains, and calls what it is given after each step.</param>
public sealed record Training<T>(string Name, int Steps, Func<Action, T> Run);

/// <summary>Trainings one after the other.</summary>
public static class Trainings
{
    /// <summary>With a progress bar each; where output is redirected, with a line each for its outcome.</summary>
    public static List<T> Run<T>(IEnumerable<Training<T>> trainings, Func<T, string> line)
    {
        var outcomes = new List<T>();
        if (Console.IsOutputRedirected)
        {
            foreach (var training in trainings)
            {
                outcomes.Add(training.Run(() => { }));
                Console.WriteLine(line(outcomes[^1]));
            }
            return outcomes;
        }
        AnsiConsole.Progress().Start(progress =>
        {
            foreach (var training in trainings)
            {
                var task = progress.AddTask(training.Name, maxValue: training.Steps);
                outcomes.Add(training.Run(() => task.Increment(1)));
            }
        });
        return outcomes;
    }
}
