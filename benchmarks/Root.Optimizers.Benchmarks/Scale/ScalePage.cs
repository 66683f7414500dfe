using System.Globalization;
using System.Text;

namespace Root.Optimizers.Benchmarks.Scale;

/// <summary>What was measured, and after a slash what the model predicts, as a table.</summary>
internal static class ScalePage
{
    private static string TextOf(Sharing sharing) => sharing switch
    {
        Sharing.Replicated => "",
        Sharing.Owned => ", owned",
        _ => ", owned, gradients too",
    };

    public static string Of(IReadOnlyList<ScaleRow> rows, string title)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"\n{title}; seconds, MB, and after a slash what the model predicts:\n")
            .AppendLine("| ranks | optimizer | scaling | tokens/s | forward, backward | reduce | step | of it update: max, mean | gather "
                + "| sent by a rank | state of a rank | step, state, of the replicated |")
            .AppendLine("|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var row in rows)
        {
            var (own, predicted) = (row.Seconds, row.Predicted);
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {row.Ranks} | {row.Optimizer}{TextOf(row.Sharing)} | {row.Scaling} "
                + $"| {row.TokensPerSecond:0}{Beside(row.Tokens / predicted?.Total, "0")} "
                + $"| {own.Training:0.000}{Beside(predicted?.Training)} | {own.Reduce:0.000}{Beside(predicted?.Reduce)} "
                + $"| {row.Step:0.000}{Beside(predicted?.Step)} | {own.Update:0.000}, {row.UpdateMean:0.000}{Beside(predicted?.Update)} "
                + $"| {own.Gather:0.000}{Beside(predicted?.Gather)} | {row.BytesSent / 1e6:0.0} | {row.StateBytes / 1e6:0.0} "
                + $"| {row.OfReplicated?.Step:0.00} {row.OfReplicated?.State:0.00} |");
        }
        return text.ToString();

        static string Beside(double? predicted, string digits = "0.000") =>
            predicted is { } value ? " / " + value.ToString(digits, CultureInfo.InvariantCulture) : "";
    }
}
