using System.Text.Json;

namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// A schedule as JSON: {"steps":4,"lower":0.01} for the one of <see cref="MinimaxFamily"/>, which its l names; else its
/// coefficients, {"steps":[[3.4445,-4.775,2.0315]],"normalization":"Frobenius"}, and lower where one is stated.
/// </summary>
internal static class ScheduleJson
{
    private const string Steps = "steps", Lower = "lower", Normalized = "normalization";

    /// <exception cref="JsonException">The object is no schedule.</exception>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public static NewtonSchulzSchedule Read(JsonElement written)
    {
        var given = written.EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
        double? lower = given.TryGetValue(Lower, out var l) ? l.Deserialize<double>() : null;
        if (!given.TryGetValue(Steps, out var steps)) throw new JsonException("it has no steps");
        if (steps.ValueKind == JsonValueKind.Number)
        {
            var count = steps.Deserialize<int>();
            if (count is < 1 or > NewtonSchulzSchedule.MostSteps)
                throw new JsonException($"it has {count} steps, which are no number from 1 to {NewtonSchulzSchedule.MostSteps}");
            return MinimaxFamily.Table(lower ?? throw new JsonException("it has neither coefficients nor lower"), count);
        }
        var coefficients = steps.Deserialize<double[][]>();
        if (coefficients is not { Length: > 0 } || coefficients.Any(step => step is not { Length: 3 }))
            throw new JsonException("it needs one step or more of three coefficients each");
        var normalization = Normalization.Frobenius;
        if (given.TryGetValue(Normalized, out var name) && !Enum.TryParse(name.ToString(), out normalization))
            throw new JsonException($"there is no normalization {name}");
        return new(coefficients.Select(step => new QuinticStep(step[0], step[1], step[2])), lower, normalization);
    }

    /// <summary>Into an object that has begun.</summary>
    public static void Write(Utf8JsonWriter writer, NewtonSchulzSchedule schedule)
    {
        var named = MinimaxFamily.Contains(schedule);
        writer.WritePropertyName(Steps);
        if (named) writer.WriteNumberValue(schedule.Count);
        else JsonSerializer.Serialize(writer, schedule.Select(step => new[] { step.A, step.B, step.C }).ToArray());
        if (schedule.Lower is { } lower) writer.WriteNumber(Lower, lower);
        if (!named) writer.WriteString(Normalized, schedule.Normalization.ToString());
    }
}
