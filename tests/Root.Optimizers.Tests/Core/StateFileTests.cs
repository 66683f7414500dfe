using System.Text.Json.Nodes;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>The file that holds an optimizer's state: by name, checked as a whole, loaded as a whole.</summary>
public class StateFileTests
{
    private static (string, Parameter)[] Named(params string[] names)
    {
        random.manual_seed(11);
        return [.. names.Select(name => (name, name.EndsWith("bias") ? Models.Parameter(5) : Models.Parameter(6, 8)))];
    }

    private static RootOptimizer Stepped((string, Parameter)[] named, RootOptimizer.Options? options = null)
    {
        var optimizer = new RootOptimizer(named, options);
        random.manual_seed(12);
        Models.RandomGradients(named.Select(p => p.Item2));
        optimizer.step();
        return optimizer;
    }

    private static Tensor Momentum(MatrixOptimizer optimizer, string name) =>
        optimizer.Slots.OfType<Optimizers.Core.MatrixSlot>().Single(slot => slot.Routed.Name == name).State.momentum_buffer;

    [Fact]
    public void Parameters_are_found_by_name_in_any_order()
    {
        using var source = Stepped(Named("q.weight", "k.weight", "k.bias"));
        using var target = new RootOptimizer(Named("k.bias", "k.weight", "q.weight"));
        var report = Saving.LoadFile(target, Saving.FileBytes(source));
        foreach (var name in new[] { "q.weight", "k.weight" }) Close.Exactly(Momentum(source, name), Momentum(target, name));
        Assert.Empty(report.Missing.Concat(report.Unused).Concat(report.Cast).Concat(report.UnknownOptions));
        using var other = new RootOptimizer(Named("k.bias", "k.weight", "q.weight"));
        Saving.Load(other, Saving.Bytes(source)); // TorchSharp's own call
        Close.Exactly(Momentum(source, "q.weight"), Momentum(other, "q.weight"));
    }

    [Fact]
    public void A_model_that_has_grown_takes_what_matches_on_request_only()
    {
        using var source = Stepped(Named("a.weight", "b.weight", "gone.weight"));
        using var target = new RootOptimizer(Named("new.weight", "b.weight", "a.weight"));
        var bytes = Saving.FileBytes(source);
        Assert.Contains("'new.weight' of shape (6, 8)", Assert.Throws<InvalidDataException>(() => Saving.LoadFile(target, bytes)).Message);
        Assert.Equal(0, Momentum(target, "a.weight").abs().max().item<float>());
        var report = Saving.LoadFile(target, bytes, strict: false);
        Assert.Equal(["new.weight"], report.Missing);
        Assert.Equal(["gone.weight"], report.Unused);
        Close.Exactly(Momentum(source, "a.weight"), Momentum(target, "a.weight"));
        Assert.Equal(0, Momentum(target, "new.weight").abs().max().item<float>());
    }

    [Fact]
    public void Parameters_without_names_are_found_by_their_place()
    {
        Parameter[] Fresh() => [Models.Parameter(6, 8), Models.Parameter(5)];
        var first = Fresh();
        using var source = new RootOptimizer(first);
        Models.RandomGradients(first);
        source.step();
        using var target = new RootOptimizer(Fresh());
        Saving.LoadFile(target, Saving.FileBytes(source));
        Assert.Equal(Saving.FileBytes(source), Saving.FileBytes(target));
    }

    [Fact]
    public void Parameters_of_one_name_are_told_apart_by_their_order()
    {
        using var source = Stepped(Named("w", "other", "w"));
        using var target = new RootOptimizer(Named("w", "w", "other"));
        Saving.LoadFile(target, Saving.FileBytes(source));
        foreach (var (mine, loaded) in new[] { (0, 0), (2, 1), (1, 2) })
            Close.Exactly(((Optimizers.Core.MatrixSlot)source.Slots.ElementAt(mine)).State.momentum_buffer,
                ((Optimizers.Core.MatrixSlot)target.Slots.ElementAt(loaded)).State.momentum_buffer);
    }

    [Fact]
    public void Other_floating_types_are_cast_and_told()
    {
        using var source = new RootOptimizer([("w", Models.Parameter(ScalarType.Float64, 6, 8))]);
        using var target = new RootOptimizer([("w", Models.Parameter(6, 8))]);
        var report = Saving.LoadFile(target, Saving.FileBytes(source));
        Assert.Equal(["w.momentum_buffer: Float64 to Float32"], report.Cast);
        Assert.Equal(ScalarType.Float32, Momentum(target, "w").dtype);
    }

    [Fact]
    public void Options_of_a_newer_version_are_told_and_missing_ones_stay()
    {
        using var source = Stepped(Named("w.weight"), new() { momentum = 0.7 });
        var file = SavedFile.Parse(Saving.FileBytes(source)).With("groups", groups =>
        {
            groups[0]!["of_the_future"] = 7;
            ((JsonObject)groups[0]!).Remove("weight_decay");
        });
        using var target = new RootOptimizer(Named("w.weight"), new RootOptimizer.Options { weight_decay = 0.3 });
        Assert.Equal(["of_the_future"], Saving.LoadFile(target, file.ToBytes()).UnknownOptions);
        var options = ((RootOptimizer.ParamGroup)target.ParamGroups.Single()).Options;
        Assert.Equal((0.7, 0.3), (options.momentum, options.weight_decay));
    }

    public static TheoryData<string, Action<SavedFile>> Hostile => new()
    {
        { "momentum", f => f.With("groups", g => g[0]!["momentum"] = 8) },
        { "LearningRate", f => f.With("groups", g => g[0]!["LearningRate"] = -5) },
        { "InitialLearningRate", f => f.With("groups", g => g[0]!["InitialLearningRate"] = -5) },
        { "LearningRate", f => f.With("groups", g => g[0]!["LearningRate"] = 1e39) },
        { "ns_steps", f => f.With("groups", g => g[0]!["ns_steps"] = 1 << 30) },
        { "no saved state", f => f.With("groups", g => g[0] = null) },
        { "groups", f => f.With("groups", g => g.Add(g[0]!.DeepClone())) },
        { "counts", f => f.With("parameters", p => p[0]!["Step"] = long.MaxValue - 1) },
        { "counts", f => f.With("parameters", p => p[0]!["Step"] = -1) },
        { "counts", f => f.With("parameters", p => p[0]!["Idle"] = new JsonArray(-1.0)) },
        { "counts", f => f.With("parameters", p => p[0]!["Idle"] = null) },
        { "shape", f => f.With("parameters", p => p[0]!["Shape"] = null) },
        { "goes to", f => f.With("parameters", p => p[0]!["Route"] = "AdamW") },
        { "no saved state", f => f.With("parameters", p => p[0]!["Route"] = "Elsewhere") },
        { "no saved state", f => f.With("parameters", p => p[0] = null) },
        { "no saved state", f => f.With("parameters", p => p.Add(p[0]!.DeepClone())) },
        { "it has nothing of", f => f.With("parameters", p => p.RemoveAt(0)) },
        { "NaN", f => BitConverter.TryWriteBytes(f.Data.AsSpan(Offset(f, "w.weight.momentum_buffer")), float.NaN) },
        { "negative", f => BitConverter.TryWriteBytes(f.Data.AsSpan(Offset(f, "w.bias.exp_avg_sq")), -1f) },
        { "version", f => f.Metadata["version"] = "2" },
        { "of Muon", f => f.Metadata["optimizer"] = "Muon" },
        { "another program", f => f.Metadata["format"] = "pt" },
        { "said to take", f => ((JsonArray)f.Header["w.weight.momentum_buffer"]!["shape"]!)[0] = 8 },
        { "lies at", f => f.Header["w.weight.momentum_buffer"]!["data_offsets"] = new JsonArray(4, 196) },
        { "lies at", f => f.Header["w.bias.exp_avg"]!["data_offsets"] = new JsonArray(0, 20) }, // overlaps
        { "lies at", f => f.Header["w.bias.exp_avg"]!["data_offsets"] = new JsonArray(long.MaxValue - 20, long.MaxValue) },
        { "type", f => f.Header["w.weight.momentum_buffer"]!["dtype"] = "I32" },
        { "it has 'x.momentum_buffer'", f => f.Header["x.momentum_buffer"] = Empty(0) },
        { "no saved state", f => f.Header["x.momentum_buffer"] = Empty(0, long.MaxValue / 2) }, // no bytes, and no tensor either
        { "no saved state", f => f.Header["x.momentum_buffer"] = Empty([.. Enumerable.Repeat(long.MaxValue / 9, 63), 0]) },
        { "coefficient", f => f.With("groups", g => g[0]!["coefficients"] = JsonNode.Parse(
            """{"format":"Root.Optimizers coefficients","version":2,"entries":[{"shape":[6,8],"steps":[[-1,0,0]]}]}""")) },
        { "coefficient", f => f.With("groups", g => g[0]!["coefficients"] = JsonNode.Parse(
            """{"format":"Root.Optimizers coefficients","version":2,"entries":[null]}""")) },
        { "do not lead", f => f.With("groups", g =>
            (g[0]!["coefficients"], g[0]!["learn_coefficients"]) = (JsonNode.Parse("""{"steps":[[100,0,0]]}"""), false)) },
        { "coefficients", f => f.With("groups", g => g[0]!["coefficients"] = null) },
    };

    private static JsonObject Empty(params long[] shape) => new()
    {
        ["dtype"] = "F32", ["shape"] = new JsonArray([.. shape.Select(side => JsonValue.Create(side))]),
        ["data_offsets"] = new JsonArray(0, 0),
    };

    private static int Offset(SavedFile file, string tensor) => (int)file.Header[tensor]!["data_offsets"]![0]!;

    [Theory, MemberData(nameof(Hostile))]
    public void What_no_optimizer_writes_is_refused_whole(string named, Action<SavedFile> change)
    {
        var names = new[] { "w.weight", "w.bias" };
        using var source = Stepped(Named(names));
        using var target = Stepped(Named(names), new() { momentum = 0.5 });
        var before = Saving.FileBytes(target);
        var file = SavedFile.Parse(Saving.FileBytes(source));
        change(file);
        var error = Assert.Throws<InvalidDataException>(() => Saving.LoadFile(target, file.ToBytes()));
        Assert.Contains(named, error.Message);
        Assert.Equal(before, Saving.FileBytes(target));
    }

    [Fact, Slow]
    public void A_byte_changed_anywhere_or_a_file_cut_anywhere_is_refused()
    {
        using var source = Stepped(Named("w.weight", "w.bias"), new() { coefficients = new CoefficientTable() });
        using var target = Stepped(Named("w.weight", "w.bias"), new() { coefficients = new CoefficientTable(), momentum = 0.5 });
        var (bytes, before) = (Saving.FileBytes(source), Saving.FileBytes(target));
        var path = Path.GetTempFileName();
        void Refused(byte[] mutant, string what)
        {
            File.WriteAllBytes(path, mutant);
            Assert.True(Record.Exception(() => target.Load(path)) is InvalidDataException, what);
        }
        for (var i = 0; i < bytes.Length; i++)
        {
            var mutant = (byte[])bytes.Clone();
            mutant[i] ^= (byte)(1 << i % 8);
            Refused(mutant, $"byte {i}");
            Refused(bytes[..i], $"{i} bytes");
        }
        Refused([.. bytes, 0], "a byte more");
        var announced = (byte[])bytes.Clone();
        BitConverter.TryWriteBytes(announced.AsSpan(), 100_000_000L);
        Refused(announced, "a header of 100 MB");
        File.Delete(path);
        Assert.Equal(before, Saving.FileBytes(target));
    }

    [Theory]
    [InlineData("\"w.weight.momentum_buffer\":", "\"w.bias.exp_avg\":")]
    [InlineData("\"format\":", "\"optimizer\":")]
    public void A_name_that_stands_twice_is_refused(string name, string already)
    {
        using var source = Stepped(Named("w.weight", "w.bias"));
        using var target = Stepped(Named("w.weight", "w.bias"));
        var text = SavedFile.Parse(Saving.FileBytes(source)).Header.ToJsonString();
        Assert.Contains("malformed", Assert.Throws<InvalidDataException>(() => Saving.LoadFile(target,
            SavedFile.Signed(text.Replace(name, already), SavedFile.Parse(Saving.FileBytes(source)).Data))).Message);
    }

    [Fact]
    public void A_save_that_fails_leaves_the_old_file_whole()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        var path = Path.Combine(folder, "state.safetensors");
        using var optimizer = Stepped(Named("w.weight"));
        optimizer.Save(path);
        var before = File.ReadAllBytes(path);
        Assert.Throws<TimeoutException>(() => Optimizers.Core.State.AtomicFile.Write(path, stream =>
        {
            stream.Write(before.AsSpan(0, 100));
            throw new TimeoutException();
        }));
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder)); // and no temporary one
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Dictionaries_are_checked_as_files_are()
    {
        using var source = Stepped(Named("w.weight", "w.bias"));
        using var target = Stepped(Named("w.weight", "w.bias"));
        using (no_grad()) Momentum(source, "w.weight")[0, 0] = float.NaN;
        Assert.Contains("NaN", Assert.Throws<ArgumentException>(() => target.load_state_dict(source.state_dict())).Message);
        using var hasty = Stepped(Named("w.weight", "w.bias"));
        hasty.ParamGroups.Single().LearningRate = -1;
        Assert.Contains("LearningRate", Assert.Throws<ArgumentException>(() => target.load_state_dict(hasty.state_dict())).Message);
    }

    [Fact]
    public void What_is_finite_in_float64_only_is_refused_in_float32()
    {
        using var source = new RootOptimizer([("w", Models.Parameter(ScalarType.Float64, 6, 8))]);
        using (no_grad()) Momentum(source, "w").fill_(1e200);
        using var target = new RootOptimizer([("w", Models.Parameter(6, 8))]);
        Assert.Contains("NaN or infinity", Assert.Throws<InvalidDataException>(() =>
            Saving.LoadFile(target, Saving.FileBytes(source))).Message);
    }

    [Fact]
    public void A_run_in_16_bits_goes_on_in_float32_and_without_masters()
    {
        using var source = new RootOptimizer([("w", Models.Parameter(ScalarType.BFloat16, 6, 8))]);
        foreach (var target in new[] { new RootOptimizer([("w", Models.Parameter(6, 8))]),
            new RootOptimizer([("w", Models.Parameter(ScalarType.BFloat16, 6, 8))], new RootOptimizer.Options { master_weights = false }) })
        {
            Assert.Equal(["w.master"], Saving.LoadFile(target, Saving.FileBytes(source)).Unused);
            target.Dispose();
        }
        using var back = new RootOptimizer([("w", Models.Parameter(6, 8))]);
        Saving.LoadFile(source, Saving.FileBytes(back));
    }
}
