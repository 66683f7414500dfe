using System.Globalization;

namespace CharGpt;

/// <summary>metrics.csv: a line per step, the validation loss empty where it was not measured.</summary>
public static class MetricsCsv
{
    private const string Header = "step,lr,train_loss,val_loss,tokens_per_s,seconds";

    public static void Write(TextWriter writer, IEnumerable<StepMetrics> history)
    {
        writer.WriteLine(Header);
        foreach (var step in history)
        {
            Append(writer, step);
        }
    }

    // Losses keep all their digits: two runs that claim to be equal can be compared.
    public static void Append(TextWriter writer, StepMetrics m) => writer.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{m.Step},{m.LearningRate},{m.TrainLoss},{m.ValLoss},{m.TokensPerSecond:F0},{m.Seconds:F3}"));

    public static IEnumerable<StepMetrics> Read(TextReader reader)
    {
        if (reader.ReadLine() != Header)
        {
            throw new InvalidDataException("these are not the metrics of a run.");
        }

        while (reader.ReadLine() is { } line)
        {
            var field = line.Split(',');
            yield return new StepMetrics(
                int.Parse(field[0], CultureInfo.InvariantCulture),
                Number(field[1]),
                Number(field[2]),
                field[3].Length == 0 ? null : Number(field[3]),
                Number(field[4]),
                Number(field[5]));
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
