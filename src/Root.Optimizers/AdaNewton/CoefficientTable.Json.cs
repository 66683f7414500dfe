using System.Text.Json;
using System.Text.Json.Serialization;
using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.AdaNewton;

public partial class CoefficientTable
{
    private const string Format = "Root.Optimizers coefficients";
    private const int Version = 1;

    private static readonly Lazy<Dictionary<(long, long, int), CoefficientEntry>> ShippedEntries = new(() =>
    {
        using var stream = typeof(CoefficientTable).Assembly.GetManifestResourceStream("shipped-coefficients.json")
            ?? throw new InvalidOperationException("The shipped coefficients are missing from the assembly.");
        using var reader = new StreamReader(stream);
        return Read(reader.ReadToEnd());
    });

    /// <summary>
    /// The entries as JSON: the numbers read back are the same to the bit. What a table gives for shapes without an entry is not
    /// among them, and <see cref="RootPublished"/> has no entries.
    /// </summary>
    public string ToJson() => JsonSerializer.Serialize(new Document(Format, Version, Entries.Select(e => new Item(
        [e.shorter, e.longer], e.entry.Normalization, e.entry.Schedule.Lower, e.entry.Schedule.Bound, e.entry.Provenance.Source,
        e.entry.Provenance.Step, e.entry.Provenance.Error,
        e.entry.Schedule.Select(t => new[] { t.A, t.B, t.C }).ToArray())).ToArray()), TableJson.Default.Document);

    /// <summary>A table from what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The text is no such table, or an entry is malformed or unstable; the message names
    /// its shape.</exception>
    public static CoefficientTable FromJson(string json) => new(Read(json), Widest);

    /// <summary>Writes the table to a file, whole or not at all.</summary>
    public void Save(string path)
    {
        var temporary = path + ".tmp";
        File.WriteAllText(temporary, ToJson());
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Reads a table that <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">See <see cref="FromJson"/>.</exception>
    public static CoefficientTable Load(string path) => FromJson(File.ReadAllText(path));

    private static Dictionary<(long, long, int), CoefficientEntry> Read(string json)
    {
        Document? document;
        try
        {
            document = JsonSerializer.Deserialize(json, TableJson.Default.Document);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"This is no coefficient table: {e.Message}", e);
        }
        if (document?.Format != Format || document.Entries is null)
            throw new InvalidDataException($"This is no coefficient table: its format is '{document?.Format}', not '{Format}'.");
        if (document.Version != Version)
            throw new InvalidDataException($"The coefficient table is of version {document.Version}; this library reads version {Version}.");
        var entries = new Dictionary<(long, long, int), CoefficientEntry>();
        foreach (var item in document.Entries)
        {
            var (key, entry) = Check(item);
            if (!entries.TryAdd(key, entry))
                throw new InvalidDataException($"The coefficient table has two entries for {key.Item1}x{key.Item2} with {key.Item3} steps.");
        }
        return entries;
    }

    private static ((long, long, int), CoefficientEntry) Check(Item item)
    {
        var shape = item.Shape is null ? "an entry without a shape" : string.Join("x", item.Shape);
        InvalidDataException Bad(string why) => new($"The coefficient table's entry for {shape} {why}.");
        if (item.Shape is not [>= 1, >= 1]) throw Bad("does not have two sides of at least 1");
        if (item.Steps is not { Length: > 0 } || item.Steps.Any(step => step is not { Length: 3 }))
            throw Bad("needs one step or more of three coefficients each");
        if (!Enum.IsDefined(item.Normalization) || !Enum.IsDefined(item.Source)) throw Bad("names an unknown normalization or source");
        NewtonSchulzSchedule schedule;
        try
        {
            schedule = new(item.Steps.Select(step => new QuinticStep(step[0], step[1], step[2])), item.Lower);
        }
        catch (ArgumentException e)
        {
            throw Bad($"is malformed: {e.Message}");
        }
        if (!schedule.IsStable) throw Bad("is not stable: perturbed by 1 % a step, a singular value in [0, 1] can grow past 1.5");
        return (Key(item.Shape[0], item.Shape[1], schedule.Count),
            new(schedule, item.Normalization, new(item.Source, item.Step, item.Error)));
    }

    internal sealed record Document(string Format, int Version, Item[] Entries);

    internal sealed record Item(long[] Shape, Normalization Normalization, double? Lower, double Bound, CoefficientSource Source,
        long? Step, double? Error, double[][] Steps);

    [JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true,
        RespectRequiredConstructorParameters = false)]
    [JsonSerializable(typeof(Document))]
    internal sealed partial class TableJson : JsonSerializerContext;
}
