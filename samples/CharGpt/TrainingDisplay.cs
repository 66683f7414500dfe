using System.Diagnostics;
using System.Text.Json;
using Spectre.Console;

namespace CharGpt;

/// <summary>What the user sees: a progress bar on a terminal, a plain line now and then elsewhere.</summary>
internal static class TrainingDisplay
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(10);

    private static readonly JsonSerializerOptions SnakeCase = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>Runs <paramref name="train"/>, which is given a callback for its steps, and shows them.</summary>
    /// <param name="plain">In lines in any case: mpirun makes terminals that are none.</param>
    public static void Follow(int done, int total, bool plain, Action<Action<StepMetrics>> train)
    {
        if (plain || Console.IsOutputRedirected)
        {
            FollowPlainly(total, train);
            return;
        }

        AnsiConsole.Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RemainingTimeColumn())
            .Start(context =>
            {
                // A resumed run's bar is of the steps that are left: its time left would else count the earlier ones.
                var task = context.AddTask("first step", maxValue: Math.Max(1, total - done));
                (double? Loss, double? Logit) last = default;
                train(step =>
                {
                    last = (step.ValLoss ?? last.Loss, step.MaxLogit ?? last.Logit);
                    task.Description = Describe(step with { ValLoss = last.Loss, MaxLogit = last.Logit }, total);
                    task.Increment(1);
                });
            });
    }

    public static void ShowResult(TrainingResult result, long parameters, double seconds)
    {
        var table = new Table().AddColumn("").AddColumn(new TableColumn(result.Optimizer).RightAligned());
        table.AddRow("steps", $"{result.Steps:N0}");
        table.AddRow("training loss", $"{result.TrainLoss:F4} nats/byte");
        table.AddRow("validation loss", $"{result.ValLoss:F4} nats/byte ({result.ValLoss / Math.Log(2):F4} bits)");
        table.AddRow("speed", $"{result.TokensPerS:N0} tokens/s");
        table.AddRow("time in steps", Duration(seconds));
        table.AddRow("parameters", $"{parameters:N0}");
        AnsiConsole.Write(table);
    }

    public static void ShowSample(string text)
    {
        AnsiConsole.WriteLine("A sample of what the model writes:");
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine(text);
        AnsiConsole.WriteLine();
    }

    /// <summary>The last line of the output, for programs.</summary>
    public static void ShowJson(TrainingResult result) =>
        Console.WriteLine(JsonSerializer.Serialize(result, SnakeCase));

    private static void FollowPlainly(int total, Action<Action<StepMetrics>> train)
    {
        long? last = null;
        train(step =>
        {
            if (step.ValLoss is null && last is { } time && Stopwatch.GetElapsedTime(time) < PlainInterval)
            {
                return;
            }

            last = Stopwatch.GetTimestamp();
            var left = (total - step.Step) * step.Seconds / step.Step;
            Console.WriteLine($"{Describe(step, total)}  {Duration(left)} left");
        });
    }

    private static string Describe(StepMetrics step, int total)
    {
        var validation = step.ValLoss is { } loss ? $"  validation {loss:F3}" : "";
        var logit = step.MaxLogit is { } largest ? $"  largest logit {largest:F1}" : "";
        return $"step {step.Step}/{total}  loss {step.TrainLoss:F3}{validation}{logit}  {step.TokensPerSecond:N0} tokens/s";
    }

    private static string Duration(double seconds) => $"{(int)seconds / 60}:{(int)seconds % 60:00}";
}
