using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Shared;

/// <summary>
/// How far work of many steps is, and how long it still takes, on standard error: a bar on a terminal, a line now and then elsewhere.
/// Standard output is left to results. Ctrl-C ends the work after the step under way.
/// </summary>
public sealed class ProgressDisplay
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(30);

    private readonly int steps;
    private readonly CancellationToken stop;
    private readonly (IAnsiConsole console, ProgressTask task)? terminal;
    private readonly long started = Stopwatch.GetTimestamp();
    private string name = "";
    private int done;
    private long? shown;

    private ProgressDisplay(int steps, (IAnsiConsole, ProgressTask)? terminal, CancellationToken stop) =>
        (this.steps, this.terminal, this.stop) = (steps, terminal, stop);

    /// <summary>Carries out the work, which tells of its steps.</summary>
    /// <param name="steps">How many there are.</param>
    /// <param name="work">What is done.</param>
    /// <exception cref="OperationCanceledException">It was stopped by Ctrl-C or SIGTERM.</exception>
    public static T Run<T>(int steps, Func<ProgressDisplay, T> work)
    {
        using var signal = new StopSignal();
        if (Console.IsErrorRedirected) return work(new(steps, null, signal.Token));
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
                new RemainingTimeColumn())
            .Start(context => work(new(steps, (console, context.AddTask("first step", maxValue: Math.Max(1, steps))), signal.Token)));
    }

    /// <summary>How far work is, in a line.</summary>
    public static string Line(string name, int done, int steps, TimeSpan elapsed)
    {
        var left = (steps - done) * elapsed.TotalSeconds / done;
        return string.Create(CultureInfo.InvariantCulture, $"{name}  step {done}/{steps}  {(int)left / 60}:{(int)left % 60:00} left");
    }

    /// <summary>Says what is under way.</summary>
    public void Begin(string part)
    {
        name = part;
        if (terminal is { } t) t.task.Description = Markup.Escape(part);
    }

    /// <summary>A step is done.</summary>
    /// <exception cref="OperationCanceledException">The user has asked to stop.</exception>
    public void Step()
    {
        done++;
        if (terminal is { } t) t.task.Increment(1);
        else if (shown is not { } last || Stopwatch.GetElapsedTime(last) >= PlainInterval)
        {
            shown = Stopwatch.GetTimestamp();
            Console.Error.WriteLine(Line(name, done, steps, Stopwatch.GetElapsedTime(started)));
        }
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>Writes a line above the bar.</summary>
    public void Write(string line)
    {
        // Through Spectre: a line written past it lands in the middle of the bar.
        if (terminal is { } t) t.console.WriteLine(line);
        else Console.Error.WriteLine(line);
    }
}
