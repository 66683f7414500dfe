using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Xml.Linq;
using CharGpt;
using Root.Optimizers.Distributed.Tests;
using Root.Optimizers.Tests.Support;
using TorchSharp;

namespace Root.Optimizers.Samples.Tests;

/// <summary>The sample as a user runs it: a process with a command line, files and an exit code.</summary>
[Slow]
public sealed class CharGptTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("chargpt-test-");

    private string TextFile => Path.Combine(folder.FullName, "text.txt");

    public CharGptTests() =>
        File.WriteAllText(TextFile, string.Concat(Enumerable.Range(0, 400).Select(i => $"{i}, {i * i % 97} more; ")));

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("root")]
    [InlineData("adamw")]
    [InlineData("sgd")]
    public void Trains_and_leaves_its_results(string optimizer)
    {
        var run = Run([.. Tiny("a"), "--optimizer", optimizer, "--steps", "8"]);

        Assert.True(run.ExitCode == 0, run.Error);
        var result = run.Result;
        Assert.Equal(
            ["optimizer", "steps", "train_loss", "val_loss", "tokens_per_s", "seed"],
            result.EnumerateObject().Select(property => property.Name));
        Assert.Equal(optimizer, result.GetProperty("optimizer").GetString());
        Assert.Equal(8, result.GetProperty("steps").GetInt32());
        Assert.InRange(result.GetProperty("val_loss").GetDouble(), 0, Math.Log(256));
        var metrics = File.ReadAllLines(Out("a", "metrics.csv"));
        Assert.Equal("step,lr,train_loss,val_loss,max_logit,tokens_per_s,seconds", metrics[0]);
        Assert.Equal(9, metrics.Length);
        foreach (var measured in new[] { 3, 4 }) // validation loss and largest logit
        {
            Assert.Equal([4, 8], Enumerable.Range(1, 8).Where(step => metrics[step].Split(',')[measured].Length > 0));
        }

        var plot = File.ReadAllText(Out("a", "loss.svg"));
        Assert.All(["training", "validation", "</svg>"], part => Assert.Contains(part, plot, StringComparison.Ordinal));
        Assert.True(File.Exists(Out("a", "checkpoint.zip")));
    }

    [Fact]
    public void Diagnostics_are_drawn_and_change_no_step()
    {
        string[] run = ["--steps", "6", "--gradient-noise", "0.01"];
        var watched = Run([.. Tiny("watched"), .. run, "--diagnostics"]);
        Assert.True(watched.ExitCode == 0, watched.Error);
        Assert.Equal(0, Run([.. Tiny("alone"), .. run]).ExitCode);
        Assert.Equal(Losses("alone"), Losses("watched"));
        Assert.Equal(Contents("alone"), Contents("watched"));

        var steps = File.ReadLines(Out("watched", "steps.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal([1, 2, 3, 4, 5, 6], steps.Select(step => step.GetProperty("step").GetInt32()));
        Assert.All(steps, step => Assert.Equal(4, step.GetProperty("matrices").GetArrayLength()));
        var (sheet, gradient) = (Words("diagnostics.svg"), Words("gradient.svg"));
        Assert.All(
            [
                "Loss", "validation", "Outliers of the momentum", "of energy, 64x16", "Orthogonality error of the update",
                "Update to weight", "Learned schedule: least singular value lifted to 1", "16x64, 3 steps", "Error of its fit",
            ],
            word => Assert.Contains(word, sheet));
        Assert.All(
            ["Gradient of blocks.0.attention.proj.weight at step 4", "Histogram", "Q-Q plot", "normal"],
            word => Assert.Contains(word, gradient));

        // Well formed, too.
        HashSet<string> Words(string name) =>
            [.. XDocument.Load(Out("watched", name)).Descendants().Where(of => of.Name.LocalName == "text").Select(of => of.Value)];
    }

    [Fact]
    public void Diagnostics_of_a_resumed_run_go_on()
    {
        Assert.Equal(0, Run([.. Tiny("a"), "--steps", "3", "--diagnostics"]).ExitCode);
        Assert.Equal(0, Run("--resume", Out("a"), "--steps", "5", "--sample", "0", "--diagnostics").ExitCode);
        Assert.Equal(5, File.ReadLines(Out("a", "steps.jsonl")).Count());
    }

    [Fact]
    public void Diagnostics_of_an_optimizer_that_has_none_are_refused() =>
        AssertRefused(Run([.. Tiny("a"), "--optimizer", "sgd", "--diagnostics"]), 2, "--diagnostics");

    [Theory]
    [InlineData("root")]
    [InlineData("adamw")]
    [InlineData("sgd")]
    public void Resumed_after_an_interruption_it_repeats_the_unbroken_run(string optimizer)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are sent as on Unix.");
        string[] run = ["--optimizer", optimizer, "--steps", "400"];
        var unbroken = Run([.. Tiny("unbroken"), .. run]);

        // Not SIGINT, which a process ignores that a script has started in the background. Both are handled alike.
        const int SigTerm = 15;
        var interrupted = Interrupt(Start([.. Tiny("broken"), .. run]), SigTerm);
        Assert.True(interrupted.ExitCode == 130, interrupted.Error);
        Assert.Contains("--resume", interrupted.Error, StringComparison.Ordinal);
        var resumed = Run("--resume", Out("broken"), "--sample", "0");

        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal(Losses("unbroken"), Losses("broken"));
        Assert.Equal(
            unbroken.Result.GetProperty("val_loss").GetDouble(), resumed.Result.GetProperty("val_loss").GetDouble());
    }

    [Fact]
    public void A_finished_run_goes_on_with_more_steps_and_keeps_its_other_options()
    {
        Assert.Equal(0, Run([.. Tiny("a"), "--steps", "4"]).ExitCode);

        var longer = Run("--resume", Out("a", "checkpoint.zip"), "--steps", "6", "--sample", "0");
        var wider = Run("--resume", Out("a"), "--width", "32");

        Assert.True(longer.ExitCode == 0, longer.Error);
        Assert.Equal(6, longer.Result.GetProperty("steps").GetInt32());
        Assert.Equal(6, Losses("a").Length);
        Assert.Equal(2, wider.ExitCode);
        Assert.Contains("Width (was 16, now 32)", wider.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_checkpoint_is_named()
    {
        Assert.Equal(0, Run([.. Tiny("a"), "--steps", "1"]).ExitCode);
        var path = Out("a", "checkpoint.zip");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..1000]);

        AssertRefused(Run("--resume", path), 1, path);
    }

    [Fact]
    public void Without_the_text_file_it_says_which() =>
        AssertRefused(Run("--text", Out("nowhere.txt"), "--out", Out("a")), 1, Out("nowhere.txt"));

    [Fact]
    public void Where_a_text_cannot_be_downloaded_it_names_the_way_out() =>
        AssertRefused(
            Finish(Start(
                ["--text", "sotu", "--out", Out("a")], ("PATH", "/nowhere"), ("CHARGPT_DATA", Out("empty")))),
            1,
            "--text FILE");

    [Theory]
    [InlineData("--steps", "0")]
    [InlineData("--steps", "many")]
    [InlineData("--lr", "-1")]
    [InlineData("--lr", "NaN")]
    [InlineData("--qk-clip", "-1")]
    [InlineData("--width", "17")]
    [InlineData("--gradient-noise", "1.5")]
    [InlineData("--optimizer", "magic")]
    [InlineData("--device", "abacus")]
    [InlineData("--no-such-option", "1")]
    public void Bad_arguments_are_refused(string option, string value) =>
        AssertRefused(Run("--text", TextFile, "--heads", "2", "--out", Out("a"), option, value), 2, option);

    [Fact]
    public void A_text_shorter_than_the_context_is_refused() =>
        AssertRefused(Run("--text", TextFile, "--context", "1000", "--out", Out("a")), 1, "--context");

    [Theory]
    [InlineData("sgd", "1e12")] // the loss is NaN
    [InlineData("root", "1e36")] // a gradient is, before it
    public void A_loss_that_is_no_number_ends_the_run(string optimizer, string lr) =>
        AssertRefused(Run([.. Tiny("a"), "--optimizer", optimizer, "--lr", lr, "--steps", "50"]), 1, "--lr");

    [Fact]
    public void A_rate_that_the_optimizer_refuses_is_named() =>
        AssertRefused(Run([.. Tiny("a"), "--optimizer", "root", "--lr", "1e300"]), 2, "--optimizer root: ");

    [Theory]
    [InlineData("root")]
    [InlineData("root", "0.001")] // every head is clipped at every step
    [InlineData("root", "0", "0.1")]
    [InlineData("adamw")]
    public void Two_ranks_train_as_one_process_does(string optimizer, string qkClip = "0", string clip = "0")
    {
        string[] run = ["--optimizer", optimizer, "--qk-clip", qkClip, "--clip", clip, "--steps", "8"];
        var two = Finish(StartRanks(2, [.. Tiny("two"), .. run]));
        Assert.True(two.ExitCode == 0, two.Error);
        var one = Run([.. Tiny("one"), .. run]);

        string[] names = [.. one.Result.EnumerateObject().Select(property => property.Name)];
        Assert.Equal(names, two.Result.EnumerateObject().Select(property => property.Name));
        // Sums of two halves of a batch are rounded otherwise: observed 7e-8.
        foreach (var loss in new[] { "train_loss", "val_loss" })
        {
            Assert.Equal(one.Result.GetProperty(loss).GetDouble(), two.Result.GetProperty(loss).GetDouble(), 1e-6);
        }

        Assert.Single(two.Output.Split('\n'), line => line.StartsWith("step 1/", StringComparison.Ordinal));
        Assert.Equal(9, File.ReadAllLines(Out("two", "metrics.csv")).Length);
        Assert.True(File.Exists(Out("two", "loss.svg")));
    }

    [Fact]
    public void An_interrupted_run_of_two_ranks_goes_on_on_two_and_as_one_process()
    {
        const int SigUsr1 = 10;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Signals are sent as on Linux.");
        string[] run = ["--steps", "400"];
        var unbroken = Finish(StartRanks(2, [.. Tiny("unbroken"), .. run]));
        Assert.True(unbroken.ExitCode == 0, unbroken.Error);

        var interrupted = Interrupt(StartRanks(2, [.. Tiny("broken"), .. run]), SigUsr1);
        Assert.True(interrupted.ExitCode == 130, interrupted.Error);
        Assert.Contains("Stopped after step", interrupted.Error, StringComparison.Ordinal);
        var alone = Run("--resume", Out("broken"), "--sample", "0", "--out", Out("alone"));
        var resumed = Finish(StartRanks(2, "--resume", Out("broken"), "--sample", "0"));

        Assert.True(alone.ExitCode == 0, alone.Error);
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal(Losses("unbroken"), Losses("broken"));
        Assert.Equal(Contents("unbroken"), Contents("broken"));
        // Hundreds of steps make much of another rounding: observed 1.4e-3.
        Assert.Equal(unbroken.Result.GetProperty("val_loss").GetDouble(), alone.Result.GetProperty("val_loss").GetDouble(), 0.02);
    }

    [Fact]
    public void A_finished_run_of_one_process_goes_on_on_two_ranks()
    {
        Assert.Equal(0, Run([.. Tiny("a"), "--steps", "4"]).ExitCode);

        var longer = Finish(StartRanks(2, "--resume", Out("a"), "--steps", "6", "--sample", "0"));

        Assert.True(longer.ExitCode == 0, longer.Error);
        Assert.Equal(6, Losses("a").Length);
    }

    [Fact]
    public void What_ranks_cannot_do_ends_them_with_a_message()
    {
        AssertRefused(Finish(StartRanks(3, Tiny("a"))), 1, "--batch 4");
        AssertRefused(Finish(StartRanks(2, [.. Tiny("a"), "--optimizer", "sgd", "--lr", "1e12", "--steps", "50"])), 1, "--lr");
        AssertRefused(Run([.. Tiny("a"), "--ranks", "2"]), 2, "--ranks 2");
    }

    [Fact]
    public void The_loop_leaves_no_tensors_behind()
    {
        var options = new TrainOptions
        {
            Optimizer = "root", Steps = 30, Batch = 2, EvalEvery = 10, QkClip = 0.01,
            Model = new GptOptions { Layers = 2, Width = 8, Heads = 2, Context = 8 },
        };
        using var model = new Gpt(options.Model);
        using var optimizer = OptimizerFactory.Make(model, options);
        var corpus = new TextCorpus(File.ReadAllBytes(TextFile), options.Model.Context);
        var live = new List<long>();

        new Trainer(model, optimizer, corpus, options, torch.CPU).Run(
            _ => live.Add(LiveTensors.Count), TestContext.Current.CancellationToken);

        // The first step may create what stays: gradients, an optimizer's state.
        Assert.Equal(30, live.Count);
        Assert.All(live.Skip(1), count => Assert.Equal(live[1], count));
    }

    private static void AssertRefused(Outcome run, int exitCode, string message)
    {
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    private string Out(params string[] parts) => Path.Combine([folder.FullName, .. parts]);

    private string[] Tiny(string name) =>
    [
        "--text", TextFile, "--layers", "1", "--width", "16", "--heads", "2", "--context", "16", "--batch", "4",
        "--warmup", "2", "--eval-every", "4", "--sample", "20", "--out", Out(name),
    ];

    // Step, rate, training and validation loss, largest logit; the columns after these are times.
    private string[] Losses(string name) =>
        [.. File.ReadLines(Out(name, "metrics.csv")).Skip(1).Select(line => string.Join(',', line.Split(',')[..5]))];

    // Of a checkpoint: model and optimizer, which have no times.
    private string[] Contents(string name) =>
    [
        .. CheckpointFile.Parts(File.ReadAllBytes(Out(name, "checkpoint.zip")))
            .Where(part => part.Name.EndsWith(".bin", StringComparison.Ordinal))
            .Select(part => Convert.ToHexString(SHA256.HashData(part.Content))),
    ];

    private static Outcome Run(params string[] arguments) => Finish(Start(arguments));

    private static Outcome Interrupt(Process process, int signal)
    {
        var output = "";
        while (!output.Contains("step 1/", StringComparison.Ordinal) && process.StandardOutput.ReadLine() is { } line)
        {
            output += line + "\n";
        }

        Assert.Equal(0, Kill(process.Id, signal));
        return Finish(process);
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "CharGpt.dll");

    private static Process StartRanks(int ranks, params string[] arguments) =>
        Process.Start(Launch.Command("openmpi", ranks, [Program, .. arguments, "--ranks", $"{ranks}"]))!;

    private static Process Start(string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // One thread: a model this small gains nothing by more, and the tests beside this one want the other cores.
        start.Environment["OMP_NUM_THREADS"] = "1";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static Outcome Finish(Process process)
    {
        using (process)
        {
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail($"CharGpt did not end within {Patience}.");
            }

            return new Outcome(process.ExitCode, output.Result, error.Result);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);

    private sealed record Outcome(int ExitCode, string Output, string Error)
    {
        public JsonElement Result => JsonDocument.Parse(Output.TrimEnd().Split('\n')[^1]).RootElement;
    }
}
