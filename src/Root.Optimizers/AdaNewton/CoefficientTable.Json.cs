using System.Text;
using System.Text.Json;
using Root.Optimizers.Core.State;
using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.AdaNewton;

public partial class CoefficientTable
{
    private const string Format = "Root.Optimizers coefficients";
    private const int Version = 2;

    private static readonly Lazy<CoefficientTable> ShippedTable = new(() =>
    {
        using var stream = typeof(CoefficientTable).Assembly.GetManifestResourceStream("shipped-coefficients.json")
            ?? throw new InvalidOperationException("The shipped coefficients are missing from the assembly.");
        using var reader = new StreamReader(stream);
        return FromJson(reader.ReadToEnd());
    });

    /// <summary>
    /// The entries as JSON, one a line: shape, steps and l, which name a fitted schedule; the coefficients themselves of any other.
    /// The schedules read back are the same to the bit.
    /// </summary>
    public string ToJson() => $$"""
        {"format":"{{Format}}","version":{{Version}},"entries":[
        {{string.Join(",\n", Entries.Select(Line))}}
        ]}
        """;

    /// <summary>A table from what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The text is no such table, or an entry is malformed or unstable; the message names
    /// its shape.</exception>
    public static CoefficientTable FromJson(string json)
    {
        Document? document;
        try
        {
            document = JsonSerializer.Deserialize<Document>(json, JsonSerializerOptions.Web);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"This is no coefficient table: {e.Message}", e);
        }
        if (document?.Format != Format || document.Entries is null)
            throw new InvalidDataException($"This is no coefficient table: its format is '{document?.Format}', not '{Format}'.");
        if (document.Version != Version)
            throw new InvalidDataException($"The coefficient table is of version {document.Version}; "
                + $"this library reads version {Version}.");
        var table = new CoefficientTable();
        foreach (var written in document.Entries) table.Add(written);
        return table;
    }

    /// <summary>Writes the table to a file, whole or not at all.</summary>
    public void Save(string path)
    {
        var bytes = Encoding.UTF8.GetBytes(ToJson() + "\n");
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>Reads a table that <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">See <see cref="FromJson"/>.</exception>
    public static CoefficientTable Load(string path) => FromJson(File.ReadAllText(path));

    private void Add(JsonElement written)
    {
        var name = "an entry without a shape";
        try
        {
            var (shape, error, step) = written.Deserialize<Item>(JsonSerializerOptions.Web) ?? throw new JsonException("it is empty");
            if (shape is not null) name = string.Join("x", shape);
            if (shape is not [>= 1, >= 1]) throw new JsonException("it does not have two sides of at least 1");
            var schedule = ScheduleJson.Read(written);
            if (_entries.ContainsKey(Key(shape[0], shape[1], schedule.Count)))
                throw new JsonException($"there are two for {schedule.Count} steps");
            Set(shape[0], shape[1], new(schedule, error, step));
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"The coefficient table's entry for {name} is malformed: {e.Message}", e);
        }
    }

    private static string Line((long shorter, long longer, int steps, CoefficientEntry entry) of)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("shape");
            writer.WriteNumberValue(of.shorter);
            writer.WriteNumberValue(of.longer);
            writer.WriteEndArray();
            ScheduleJson.Write(writer, of.entry.Schedule);
            if (of.entry.Error is { } error) writer.WriteNumber("error", error);
            if (of.entry.Step is { } step) writer.WriteNumber("step", step);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private sealed record Document(string? Format, int Version, JsonElement[]? Entries);

    private sealed record Item(long[]? Shape, double? Error, long? Step);
}
