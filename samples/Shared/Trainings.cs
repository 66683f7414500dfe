namespace Shared;

/// <summary>A training among others.</summary>
/// <param name="Name">Beside the progress bar.</param>
/// <param name="Steps">How many it takes.</param>
/// <param name="Run">Trains, and calls what it is given after each step.</param>
public sealed record Training<T>(string Name, int Steps, Func<Action, T> Run);

/// <summary>Trainings one after the other.</summary>
public static class Trainings
{
    /// <summary>With their progress, and a line each for its outcome.</summary>
    public static List<T> Run<T>(IReadOnlyCollection<Training<T>> trainings, Func<T, string> line) =>
        ProgressDisplay.Run(trainings.Sum(training => training.Steps), progress =>
        {
            var outcomes = new List<T>();
            foreach (var training in trainings)
            {
                progress.Begin(training.Name);
                outcomes.Add(training.Run(progress.Step));
                progress.Write(line(outcomes[^1]));
            }
            return outcomes;
        });
}
