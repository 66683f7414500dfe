using System.Text.Json.Nodes;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.Tests.AdaNewton;

public class CoefficientTableTests
{
    private static CoefficientTable Sample()
    {
        var table = new CoefficientTable();
        table.Set(768, 3072, new(MinimaxFamily.Table(0.0123, 4), 1.25e-4, 42));
        table.Set(64, 64, new(PublishedSchedules.Muon()));
        return table;
    }

    [Fact]
    public void Wide_and_tall_share_one_entry()
    {
        var table = Sample();
        Assert.Same(table.For(768, 3072, 4), table.For(3072, 768, 4));
        Assert.NotSame(table.For(768, 3072, 4), table.For(768, 3072, 5));
    }

    [Fact]
    public void Json_goes_out_and_in_to_the_bit()
    {
        var table = Sample();
        var back = CoefficientTable.FromJson(table.ToJson());
        Assert.Equal(table.Entries, back.Entries);
        Assert.Equal(table.ToJson(), back.ToJson());

        var path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "table.json");
        table.Save(path);
        table.Save(path);
        Assert.Equal(table.Entries, CoefficientTable.Load(path).Entries);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    public static TheoryData<string, Action<JsonNode>> Damages => new()
    {
        { "format", d => d["format"] = "other" },
        { "version 7", d => d["version"] = 7 },
        { "64x64", d => d["entries"]![0]!["steps"]![0]![2] = 9.0 },
        { "64x64", d => d["entries"]![0]!["steps"] = new JsonArray() },
        { "64x64", d => ((JsonArray)d["entries"]![0]!["steps"]![0]!).RemoveAt(0) },
        { "64x64", d => d["entries"]!.AsArray().Add(d["entries"]![0]!.DeepClone()) },
        { "64x0", d => d["entries"]![0]!["shape"]![1] = 0 },
        { "768x3072", d => d["entries"]![1]!["lower"] = -1 },
        { "768x3072", d => d["entries"]![1]!["lower"] = "small" },
        { "768x3072", d => d["entries"]![1]!.AsObject().Remove("lower") },
        { "768x3072", d => d["entries"]![1]!["steps"] = 0 },
        { "768x3072", d => d["entries"]![1]!.AsObject().Remove("steps") },
        { "64x64", d => d["entries"]![0]!["normalization"] = "Nonsense" },
        { "without a shape", d => d["entries"]![1]!.AsObject().Remove("shape") },
    };

    [Theory, MemberData(nameof(Damages))]
    public void A_damaged_table_is_refused_with_its_shape(string named, Action<JsonNode> damage)
    {
        var document = JsonNode.Parse(Sample().ToJson())!;
        damage(document);
        Assert.Contains(named, Assert.Throws<InvalidDataException>(() => CoefficientTable.FromJson(document.ToJsonString())).Message);
    }

    [Fact]
    public void A_fitted_schedule_is_written_by_its_l_and_any_other_by_its_coefficients()
    {
        var json = Sample().ToJson().Split('\n');
        Assert.Equal("""{"shape":[768,3072],"steps":4,"lower":0.0123,"error":0.000125,"step":42}""", json[2]);
        Assert.StartsWith("""{"shape":[64,64],"steps":[[3.4445,-4.775,2.0315],""", json[1]);
        Assert.EndsWith("""]],"normalization":"Frobenius"},""", json[1]);
    }

    [Fact]
    public void Text_that_is_no_json_is_refused() =>
        Assert.Throws<InvalidDataException>(() => CoefficientTable.FromJson("{ not json"));

    [Fact]
    public void An_unstable_schedule_cannot_be_set_and_published_coefficients_cannot_learn()
    {
        var unstable = new CoefficientEntry(NewtonSchulzSchedule.Repeat(PublishedSchedules.RootTriples[(2048, 2048)], 5));
        Assert.Contains("2048x2048", Assert.Throws<ArgumentException>(() => new CoefficientTable().Set(2048, 2048, unstable)).Message);
        Assert.Equal(PublishedSchedules.RootTriples[(2048, 8192)], Coefficients.Published.For(8192, 2048, 5)[0]);
        Assert.Equal(PublishedSchedules.MuonTriple, Coefficients.Published.For(77, 5, 3)[2]);
        Assert.Throws<ArgumentException>(() => new RootOptimizer([Support.Models.Parameter(2, 2)],
            new RootOptimizer.Options { coefficients = Coefficients.Published }));
    }

    [Theory]
    [InlineData(768, 768, 0)]
    [InlineData(768, 2304, 1)]
    [InlineData(2048, 8192, 2)]
    [InlineData(128, 128, 0)]
    public void The_shipped_coefficients_are_fitted_to_the_captured_spectra(long rows, long columns, int captured)
    {
        var spectra = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "spectra-192.json")))!;
        var values = spectra[captured]!["values"]!.AsArray().Select(v => v!.GetValue<double>()).ToArray();
        var spectrum = new Spectrum(values, Enumerable.Repeat(1.0 / values.Length, values.Length).ToArray(), rows);
        foreach (var steps in new[] { 3, 4, 5 })
        {
            var (schedule, error) = ScheduleFit.Fit(spectrum, rows, columns, steps);
            var shipped = CoefficientTable.Shipped().Entries.Single(e => (e.shorter, e.longer, e.steps) == (rows, columns, steps)).entry;
            Assert.Equal(schedule, shipped.Schedule);
            Assert.Equal(error, shipped.Error!.Value, 1e-12);
        }
    }

    [Fact]
    public void Every_shipped_entry_is_stable_and_of_small_bound() => Assert.All(CoefficientTable.Shipped().Entries,
        e => Assert.True(e.entry.Schedule.IsStable && e.entry.Schedule.Bound <= MinimaxFamily.LargestBound(e.steps)));

    [Fact]
    public void An_unknown_shape_gets_the_widest_schedule()
    {
        var schedule = new CoefficientTable().For(77, 5, 4);
        Assert.Equal(MinimaxFamily.Bank(4)[0], schedule);
        Assert.True(schedule.IsStable);
    }
}
