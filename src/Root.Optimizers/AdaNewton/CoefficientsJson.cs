using System.Text.Json;
using System.Text.Json.Serialization;
using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.AdaNewton;

/// <summary>Coefficients in a saved state: the entries of a table, the schedule that is fixed, or the name of what is published.</summary>
internal sealed class CoefficientsJson : JsonConverter<Coefficients>
{
    public override Coefficients Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var written = document.RootElement;
        return written.ValueKind switch
        {
            JsonValueKind.String when written.ValueEquals(nameof(Coefficients.Muon)) => Coefficients.Muon,
            JsonValueKind.String when written.ValueEquals(nameof(Coefficients.Published)) => Coefficients.Published,
            JsonValueKind.Object when written.TryGetProperty("entries", out _) => CoefficientTable.FromJson(written.GetRawText()),
            JsonValueKind.Object => ScheduleJson.Read(written) is { LeadsToOne: true } schedule
                ? Coefficients.Fixed(schedule)
                : throw new JsonException($"the coefficients {written} do not lead singular values to 1"),
            _ => throw new JsonException($"there are no coefficients {written}"),
        };
    }

    public override void Write(Utf8JsonWriter writer, Coefficients coefficients, JsonSerializerOptions options)
    {
        switch (coefficients)
        {
            case CoefficientTable table: writer.WriteRawValue(table.ToJson()); break;
            case Coefficients.One one:
                writer.WriteStartObject();
                ScheduleJson.Write(writer, one.Schedule);
                writer.WriteEndObject();
                break;
            case Coefficients.Repeated repeated: writer.WriteStringValue(repeated.Name); break;
        }
    }
}
