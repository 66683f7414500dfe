using System.Globalization;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Core;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>Files that released versions have written stay readable: golden/VERSION/KIND.safetensors, and beside each in a
/// .json what it holds. golden/README.md says how they are written.</summary>
public class GoldenFileTests
{
    /// <summary>The newest version that has files of its own.</summary>
    private const string Newest = "0.1.0";

    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "golden");

    public static TheoryData<string, string> Files => new(
        from file in Directory.GetFiles(Folder, "*.safetensors", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        select (Path.GetFileName(Path.GetDirectoryName(file)!), Path.GetFileNameWithoutExtension(file)));

    [Fact]
    public void Every_optimizer_has_a_file()
    {
        var written = typeof(MatrixOptimizer).Assembly.GetExportedTypes()
            .Where(type => type.IsSubclassOf(typeof(MatrixOptimizer)) && !type.IsAbstract);
        Assert.Equal(written.Count(), Files.Count(file => file.Data.Item1 == Newest));
    }

    [Theory, MemberData(nameof(Files))]
    public void A_file_is_read_whole(string version, string kind)
    {
        using var optimizer = GoldenRuns.Make(kind);
        var report = optimizer.Load(Path.Combine(Folder, version, kind + ".safetensors"));
        Assert.Empty(report.Missing.Concat(report.Unused).Concat(report.Cast).Concat(report.UnknownOptions));
        var held = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, version, kind + ".json")));
        // As text, which rounds what is read as it rounded what was written.
        Holds(held, JsonNode.Parse(Describe(optimizer).ToJsonString(Readable)), kind);
    }

    public static TheoryData<string> Kinds => new(GoldenRuns.Kinds);

    [Theory, MemberData(nameof(Kinds))]
    public void What_the_newest_version_wrote_is_written_again_byte_for_byte(string kind)
    {
        using var optimizer = GoldenRuns.Make(kind);
        var bytes = File.ReadAllBytes(Path.Combine(Folder, Newest, kind + ".safetensors"));
        Saving.LoadFile(optimizer, bytes);
        Assert.Equal(bytes, Saving.FileBytes(optimizer));
    }

    [Fact(Explicit = true)]
    public void Write_the_files_of_the_newest_version()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "tests", "Root.Optimizers.Tests", "golden", Newest));
        foreach (var kind in GoldenRuns.Kinds)
        {
            using var optimizer = GoldenRuns.Make(kind);
            GoldenRuns.Train(optimizer);
            optimizer.Save(Path.Combine(folder.FullName, kind + ".safetensors"));
            File.WriteAllText(Path.Combine(folder.FullName, kind + ".json"), Describe(optimizer).ToJsonString(Readable) + "\n");
        }
    }

    /// <summary>All that is expected is there; a later version may have more.</summary>
    private static void Holds(JsonNode? expected, JsonNode? actual, string place)
    {
        switch (expected)
        {
            case JsonObject members:
                foreach (var (name, value) in members)
                {
                    Assert.True((actual as JsonObject)?.ContainsKey(name), $"{place} has no {name}");
                    Holds(value, actual![name], $"{place}.{name}");
                }
                break;
            case JsonArray items:
                Assert.Equal(items.Count, (actual as JsonArray)?.Count);
                for (var i = 0; i < items.Count; i++) Holds(items[i], actual![i], $"{place}[{i}]");
                break;
            default:
                Assert.True(JsonNode.DeepEquals(expected, actual), $"{place} is {actual}, and was {expected}");
                break;
        }
    }

    /// <summary>Options and state in words of this test, not of the library's own format.</summary>
    private static JsonObject Describe(MatrixOptimizer optimizer) => new()
    {
        ["optimizer"] = optimizer.GetType().Name,
        ["groups"] = new JsonArray([.. optimizer.Groups.Select(group => Describe(group.Options))]),
        ["parameters"] = new JsonObject(optimizer.Slots.Select(slot => KeyValuePair.Create(slot.Routed.Name!, Describe(slot)))),
    };

    private static JsonNode? Describe(MatrixOptions options) => new JsonObject(options.GetType().GetProperties()
        .Where(option => option.CanWrite && option.GetCustomAttribute<NotSavedAttribute>() is null)
        .OrderBy(option => option.Name, StringComparer.Ordinal)
        .Select(option => KeyValuePair.Create(option.Name, Describe(option.GetValue(options)))));

    private static JsonNode? Describe(Slot slot)
    {
        var described = new JsonObject
        {
            ["shape"] = Text(slot.Parameter.shape), ["route"] = $"{slot.Routed.Route}", ["step"] = slot.Kept.step,
            ["idle"] = Text(slot.Kept.IdleOnHost()),
        };
        foreach (var (name, buffer) in slot.Kept.Named) described[name] = Text(buffer.cpu().data<float>());
        return described;
    }

    private static JsonNode? Describe(object? value) => value switch
    {
        null => null,
        bool flag => flag,
        double number => number,
        int number => number,
        (double one, double two) => new JsonArray(one, two),
        CoefficientTable table => new JsonArray([.. table.Entries.Select(item => new JsonObject
        {
            ["shape"] = $"{item.shorter} {item.longer}", ["steps"] = Text(item.entry.Schedule), ["lower"] = item.entry.Schedule.Lower,
            ["normalization"] = $"{item.entry.Schedule.Normalization}", ["error"] = item.entry.Error, ["step"] = item.entry.Step,
        })]),
        Coefficients coefficients => Text(coefficients.For(48, 64, 5)),
        Enum => $"{value}",
        StiefelSolver.Exact exact => $"exact {exact.Form} {exact.Sign}",
        StiefelSolver.DualAscent dual => FormattableString.Invariant($"dual ascent {dual.Alpha} {dual.Steps} {dual.Tolerance} {dual.Sign}"),
        _ => throw new NotSupportedException($"Say here how {value.GetType()} is described."),
    };

    private static string Text<T>(IEnumerable<T> values) where T : IFormattable =>
        string.Join(" ", values.Select(value => value.ToString(null, CultureInfo.InvariantCulture)));

    private static string Text(IEnumerable<QuinticStep> steps) => Text(steps.SelectMany(step => new[] { step.A, step.B, step.C }));
}
