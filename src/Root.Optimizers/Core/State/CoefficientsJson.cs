using System.Text.Json;
using System.Text.Json.Serialization;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.Core;

/// <summary>A schedule in a saved state: its steps, and the smallest singular value that it is for.</summary>
internal sealed class ScheduleJson : JsonConverter<NewtonSchulzSchedule>
{
    private sealed record Written(double[][] Steps, double? Lower);

    public override NewtonSchulzSchedule Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        var written = JsonSerializer.Deserialize<Written>(ref reader);
        if (written?.Steps is not { Length: > 0 } steps || steps.Any(step => step is not { Length: 3 }))
            throw new JsonException("a schedule needs one step or more of three coefficients each");
        return new(steps.Select(step => new QuinticStep(step[0], step[1], step[2])), written.Lower);
    }

    public override void Write(Utf8JsonWriter writer, NewtonSchulzSchedule schedule, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, new Written(schedule.Select(t => new[] { t.A, t.B, t.C }).ToArray(), schedule.Lower));
}

/// <summary>A table in a saved state: its entries, or the name of the one that cannot be changed.</summary>
internal sealed class CoefficientTableJson : JsonConverter<CoefficientTable>
{
    private const string Published = "RootPublished";

    public override CoefficientTable Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        if (document.RootElement.ValueKind != JsonValueKind.String) return CoefficientTable.FromJson(document.RootElement.GetRawText());
        return document.RootElement.GetString() == Published ? CoefficientTable.RootPublished
            : throw new JsonException($"there are no coefficients named {document.RootElement}");
    }

    public override void Write(Utf8JsonWriter writer, CoefficientTable table, JsonSerializerOptions options)
    {
        if (table.IsReadOnly) writer.WriteStringValue(Published);
        else writer.WriteRawValue(table.ToJson());
    }
}
