using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using CharGpt;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static Root.Optimizers.Samples.Tests.CheckpointFile;

namespace Root.Optimizers.Samples.Tests;

/// <summary>Whatever a checkpoint holds, reading it ends in a run that goes on or in one line.</summary>
[Slow]
public class CheckpointTests(RootRun root) : IClassFixture<RootRun>
{
    public static TheoryData<string> Kinds => ["root", "adamw", "sgd"];

    [Theory]
    [InlineData("root", 3)]
    [InlineData("adamw", 3)]
    [InlineData("sgd", 3)]
    [InlineData("root", 0)]
    [InlineData("adamw", 0)]
    [InlineData("sgd", 0)]
    public void What_is_saved_is_what_is_loaded(string optimizer, int steps)
    {
        using var saved = new SmallRun(optimizer, steps);
        using var loaded = new SmallRun(optimizer, steps: 1);
        loaded.Resume(saved.Original);
        loaded.History.Clear();
        loaded.History.AddRange(saved.History);

        // Which a trainer sets when it goes on, and of TorchSharp's optimizers is not loaded.
        foreach (var (its, theirs) in loaded.Optimizer.ParamGroups.Zip(saved.Optimizer.ParamGroups))
        {
            its.LearningRate = theirs.LearningRate;
        }

        loaded.Save();
        Assert.Equal(Contents(saved.Original), Contents(File.ReadAllBytes(loaded.Path)));
    }

    [Fact]
    public void Other_zips_are_refused()
    {
        var run = root.Run;
        var parts = Parts(run.Original);
        void Refused(string reason, byte[] mutant) => Assert.Contains(reason, root.Run.AssertRefused(mutant), StringComparison.Ordinal);

        run.Resume(Zip(parts)); // as it is, put together here
        Refused("damaged or of another kind", Zip(parts, seal: false));
        Refused("damaged or of another kind", "no zip"u8.ToArray());
        Refused("damaged or of another kind", new byte[1000]);
        foreach (var part in parts)
        {
            Refused("each once", Zip(parts.Where(other => other != part)));
            Refused("each once", Zip([.. parts, part]));
            Refused("each once", Zip(parts.Select(other => other == part ? (part.Name.ToUpperInvariant(), part.Content) : other)));
        }

        Refused("each once", Zip([.. parts, ("more.bin", [])]));
        Refused("compressed", Zip(parts, compressed: "state.json"));
        var sum = Zip(parts);
        Overwrite(sum, "state.json", (uint)sum.Length - 1);
        Refused("longer than the file", sum);
        var entry = Zip(parts);
        Overwrite(entry, "optimizer.bin", int.MaxValue);
        Refused("longer than the file", entry);
        Refused("", [.. new byte[100], .. Zip(parts)]);
    }

    [Fact]
    public void A_small_file_that_would_unpack_to_a_large_one_takes_no_memory()
    {
        var run = root.Run;
        var bomb = Zip(Parts(run.Original)
            .Select(part => part.Name == "metrics.csv" ? (part.Name, new byte[200_000_000]) : part), compressed: "metrics.csv");
        Assert.InRange(bomb.Length, 0, 2_000_000);

        // Where the zip's directory gives the packed length for the unpacked one.
        var lying = (byte[])bomb.Clone();
        Overwrite(lying, "metrics.csv", null);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("compressed", run.AssertRefused(bomb), StringComparison.Ordinal);
        run.AssertRefused(lying);

        // Observed 7.1: the part as it is packed, and its one line as text.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10 * bomb.Length);
    }

    [Theory]
    [InlineData("\"Step\":3", "\"Step\":-1", "step -1")]
    [InlineData("\"Step\":3", "\"Step\":5", "step 5")]
    [InlineData("\"Step\":3", "\"Step\":2", "metrics of 3 steps")]
    [InlineData("\"Step\":3", "\"Step\":null", "Step")]
    [InlineData("\"Step\":3", "\"Step\":3.0", "Step")]
    [InlineData("\"Step\":3", "\"Step\":3000000000", "Step")]
    [InlineData("\"Step\":3,", "", "as this version writes it")]
    [InlineData("\"Step\":3,", "\"Step\":3,\"Step\":3,", "as this version writes it")]
    [InlineData("\"Step\":3,", "\"Step\":3,\"Pace\":3,", "as this version writes it")]
    [InlineData("\"Seed\":1,", "", "as this version writes it")]
    [InlineData("\"Options\":\\{.*\\},\"Text\"", "\"Options\":null,\"Text\"", "Options")]
    [InlineData("\"Model\":\\{[^}]*\\}", "\"Model\":null", "Model")]
    [InlineData("\"Optimizer\":\"root\"", "\"Optimizer\":null", "Optimizer")]
    [InlineData("\"Optimizer\":\"root\"", "\"Optimizer\":\"magic\"", "--optimizer magic")]
    [InlineData("\"Optimizer\":\"root\"", "\"Optimizer\":\"ma\\ngic\"", "--optimizer ma")]
    [InlineData("\"LearningRate\":0.008", "\"LearningRate\":null", "learning rate")]
    [InlineData("\"LearningRate\":0.008", "\"LearningRate\":1e999", "")]
    [InlineData("\"LearningRate\":0.008", "\"LearningRate\":-1", "--lr -1")]
    [InlineData("\"Layers\":1", "\"Layers\":0", "--layers 0")]
    [InlineData("\"Layers\":1", "\"Layers\":2147483647", "too short")]
    [InlineData("\"Width\":2", "\"Width\":2147483647", "too short")]
    [InlineData("\"Width\":2", "\"Width\":3", "too short")]
    [InlineData("\"Heads\":1", "\"Heads\":5", "--heads 5")]
    [InlineData("\"Batch\":2", "\"Batch\":2147483647", "--batch 2147483647")]
    [InlineData("\"Text\":\"text.txt\"", "\"Text\":null", "Text")]
    [InlineData("\"Text\":\"text.txt\"", "\"Text\":\"\"", "name of a text")]
    [InlineData("\"Text\":\"text.txt\"", "\"Text\":\"a\\u0000b\"", "name of a text")]
    [InlineData("\"TextSha256\":\"[^\"]*\"", "\"TextSha256\":null", "TextSha256")]
    [InlineData("^.*$", "null", "as this version writes it")]
    [InlineData("^.*$", "", "JSON")]
    [InlineData("^.*$", "[]", "JSON")]
    public void A_state_that_no_run_writes_is_refused(string pattern, string instead, string reason) =>
        AssertEditRefused("state.json", pattern, instead, reason);

    [Theory]
    [InlineData("^.*\n", "", "not of a run")]
    [InlineData("step,", "Step,", "not of a run")]
    [InlineData("\n2,[^\n]*", "\n2", "line 3")]
    [InlineData("\n2,[^\n]*", "\n", "line 3")]
    [InlineData("\n2,[^\n]*", "\n2,1", "line 3")]
    [InlineData("\n2,[^\n]*", "\n2,,,,,,", "''")]
    [InlineData("\n2,([^\n]*)", "\n2,$1,1", "line 3")]
    [InlineData("\n2,", "\n3,", "line 3")]
    [InlineData("\n2,", "\n99999999999,", "line 3")]
    [InlineData("\n2,[^,]*", "\n2,NaN", "'NaN'")]
    [InlineData("\n2,[^,]*", "\n2,-1", "'-1'")]
    [InlineData("\n2,[^,]*", "\n2,1e999", "'1e999'")]
    [InlineData("\n2,[^,]*", "\n2, 0.5", "line 3")]
    [InlineData("\n2,[^,]*", "\n2,many", "'many'")]
    [InlineData("\n3,[^\n]*\n", "\n\n", "line 4")]
    [InlineData("3,[^\n]*\n$", "", "metrics of 2 steps")]
    [InlineData("\\z", "4,0,0,,,0,0.000\n", "metrics of 4 steps")]
    public void Metrics_that_no_run_writes_are_refused(string pattern, string instead, string reason) =>
        AssertEditRefused("metrics.csv", pattern, instead, reason);

    [Fact]
    public void Weights_that_come_twice_or_are_too_many_are_refused()
    {
        using var run = new SmallRun("sgd");
        var parts = Parts(run.Original);
        string With(string name, Func<byte[], byte[]> edit) =>
            run.AssertRefused(Zip(parts.Select(part => part.Name == name ? (name, edit(part.Content)) : part)));
        Assert.Contains("same key", With("model.bin", bytes =>
            Latin1(Latin1(bytes).Replace(
                Prefixed("blocks.0.mlp_norm.weight"), Prefixed("blocks.0.attention_norm.weight"), StringComparison.Ordinal))),
            StringComparison.Ordinal);
        Assert.Contains("model.bin is too long", With("model.bin", bytes => [.. bytes, 0]), StringComparison.Ordinal);
        Assert.Contains("optimizer.bin is too long", With("optimizer.bin", bytes => [.. bytes, 0]), StringComparison.Ordinal);
        Assert.Contains("end of the stream", With("model.bin", bytes => // 2^30 dimensions, and bytes enough for the weights
            Latin1(Latin1(bytes).Replace("weight\u0006\u0002", "weight\u0006\u0080\u0080\u0080\u0080\u0004", StringComparison.Ordinal))),
            StringComparison.Ordinal);
        With("model.bin", bytes => bytes[..^1]);
        With("optimizer.bin", bytes => bytes[..^1]);
        With("optimizer.bin", _ => []);
    }

    [Fact]
    public void The_options_in_the_state_of_an_optimizer_of_TorchSharps_are_not_believed()
    {
        using var run = new SmallRun("adamw");
        var before = run.Optimizer.state_dict().Options.Cast<AdamW.Options>().Select(o => (o.beta1, o.eps, o.amsgrad)).ToArray();
        run.Resume(Zip(Parts(run.Original).Select(part => part.Name != "optimizer.bin" ? part : (part.Name, Latin1(
            Latin1(part.Content).Replace(Bytes(0.9), Bytes(1e300), StringComparison.Ordinal)
                .Replace(Bytes(1e-8), Bytes(double.NaN), StringComparison.Ordinal))))));
        Assert.Equal(before, run.Optimizer.state_dict().Options.Cast<AdamW.Options>().Select(o => (o.beta1, o.eps, o.amsgrad)));
        run.Train(3, 4);

        static string Bytes(double number) => Latin1(BitConverter.GetBytes(number));
    }

    [Fact]
    public void The_state_of_another_optimizer_is_refused()
    {
        using var adamw = new SmallRun("adamw");
        adamw.AssertRefused(root.Run.Original);
        root.Run.AssertRefused(adamw.Original);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_size_of_a_model_is_known_from_its_options(bool tied)
    {
        var options = new GptOptions { Layers = 3, Width = 8, Heads = 2, Tied = tied };
        using var model = new Gpt(options);
        Assert.Equal(model.parameters().Sum(parameter => parameter.numel()), Gpt.ParameterCount(options));
    }

    // Root's file holds a rate, the shorter curve's.
    [Theory, MemberData(nameof(Kinds))]
    public void A_run_that_is_lengthened_goes_on_on_the_longer_curve(string optimizer)
    {
        using var run = new SmallRun(optimizer);
        using var checkpoint = Checkpoint.Open(run.Path);
        var longer = run.Options with { Steps = 100 };
        run.Train(3, 5, longer, () => checkpoint.Load(run.Optimizer));
        Assert.Equal(
            [.. new[] { 3, 4 }.Select(step => run.Options.LearningRate!.Value * LearningRateSchedule.Factor(step, longer))],
            run.History.Skip(3).Select(metrics => metrics.LearningRate));
        Assert.True(LearningRateSchedule.Factor(3, longer) > 2 * LearningRateSchedule.Factor(3, run.Options));
    }

    private void AssertEditRefused(string name, string pattern, string instead, string reason)
    {
        var original = Parts(root.Run.Original);
        var text = Encoding.UTF8.GetString(original.Single(part => part.Name == name).Content).ReplaceLineEndings("\n");
        var edited = new Regex(pattern, RegexOptions.Singleline).Replace(text, instead, 1);
        Assert.NotEqual(text, edited);
        var mutant = Zip(original.Select(part => part.Name == name ? (name, Encoding.UTF8.GetBytes(edited)) : part));
        Assert.Contains(reason, root.Run.AssertRefused(mutant), StringComparison.Ordinal);
    }
}

/// <summary>Most tests want one run only.</summary>
public sealed class RootRun : IDisposable
{
    internal SmallRun Run { get; } = new("root");

    public void Dispose() => Run.Dispose();
}
