using System.Globalization;

namespace CharGpt;

/// <summary>metrics.csv: a line per step, validation loss and largest logit empty where they were not measured.</summary>
public static class MetricsCsv
{
    private const string Header = "step,lr,train_loss,val_loss,max_logit,tokens_per_s,seconds";

    public static void Write(TextWriter writer, IEnumerable<StepMetrics> history)
    {
        writer.WriteLine(Header);
        foreach (var step in history)
        {
            Append(writer, step);
        }
    }

    public static void Append(TextWriter writer, StepMetrics metrics) => writer.WriteLine(Line(metrics));

    /// <summary>Reads what <see cref="Write"/> wrote: steps 1, 2, ... to any, each as it is written.</summary>
    /// <exception cref="FormatException">A number is none.</exception>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static List<StepMetrics> Read(TextReader reader)
    {
        if (reader.ReadLine() != Header)
        {
            throw new InvalidDataException("its metrics.csv is not of a run.");
        }

        var history = new List<StepMetrics>();
        while (reader.ReadLine() is { } line)
        {
            var step = history.Count + 1;
            if (line.Split(',') is not [_, var rate, var loss, var validation, var logit, var tokens, var seconds]
                || new StepMetrics(
                    step,
                    Number(rate),
                    Number(loss),
                    validation.Length == 0 ? null : Number(validation),
                    logit.Length == 0 ? null : Number(logit, least: float.MinValue),
                    Number(tokens),
                    Number(seconds)) is var metrics && Line(metrics) != line)
            {
                throw new InvalidDataException($"line {step + 1} of its metrics.csv is not that of step {step}.");
            }

            history.Add(metrics);
        }

        return history;
    }

    // Losses keep all their digits: two runs that claim to be equal can be compared.
    private static string Line(StepMetrics m) => string.Create(
        CultureInfo.InvariantCulture,
        $"{m.Step},{m.LearningRate},{m.TrainLoss},{m.ValLoss},{m.MaxLogit},{m.TokensPerSecond:F0},{m.Seconds:F3}");

    // Rates, cross-entropies in float32 and times are neither negative nor larger, and logits no larger; NaN is refused with them.
    private static double Number(string text, double least = 0) => double.Parse(text, CultureInfo.InvariantCulture) is var number
        && number >= least && number <= float.MaxValue
            ? number
            : throw new FormatException($"'{text}' in its metrics.csv is out of range.");
}
