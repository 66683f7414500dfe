using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Root.Optimizers.Tests.Support;

namespace Root.Optimizers.Samples.Tests;

/// <summary>What every program here answers: help, exit codes, no colours in files, an end at Ctrl-C.</summary>
public sealed class CommandLineTests : IDisposable
{
    private const string Benchmarks = "Root.Optimizers.Benchmarks";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("programs-test-");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("CharGpt")]
    [InlineData("ManifoldMlp")]
    [InlineData("ImageClassifier")]
    public void Help_says_what_there_is(string program) => Assert.Contains("--json", Help(program));

    [Fact]
    public void Every_benchmark_has_help_and_JSON()
    {
        var commands = Regex.Matches(Help(Benchmarks).Split("Commands:")[1], "^  ([a-z]+)", RegexOptions.Multiline)
            .Select(row => row.Groups[1].Value).ToArray();
        Assert.Contains("micro", commands);
        Assert.Contains("results", commands);
        Assert.Equal([], commands.Where(command => !Help(Benchmarks, command).Contains("--json")));
    }

    private static string Help(string program, params string[] command)
    {
        var run = Run(program, [.. command, "--help"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("Usage:", run.Output);
        Assert.DoesNotContain('\e', run.Output);
        return run.Output;
    }

    [Theory]
    [InlineData("CharGpt", "--no-such-option")]
    [InlineData("ManifoldMlp", "--epochs many", "--epochs")]
    [InlineData("ManifoldMlp", "--epochs 0", "--epochs 0")]
    [InlineData("ImageClassifier", "--width 0", "--width 0")]
    [InlineData("ImageClassifier", "--no-such-option")]
    [InlineData("ImageClassifier", "--model mlp", "mlp")]
    [InlineData("ImageClassifier", "--model resnet --patch 4", "--patch 4: does not go with --model resnet")]
    [InlineData("ImageClassifier", "--optimizers adam", "--optimizers adam: of adamw, ")]
    [InlineData("ImageClassifier", "--width 30", "--heads 4")]
    [InlineData("Docs", "no-such-folder")]
    [InlineData(Benchmarks, "no-such-command")]
    [InlineData(Benchmarks, "compare --seeds 0", "--seeds 0")]
    [InlineData(Benchmarks, "digest --steps 0", "--steps 0")]
    [InlineData(Benchmarks, "results no-such-page", "no-such-page")]
    public void A_command_line_that_makes_no_sense_ends_with_2_and_a_message(string program, string arguments, string? named = null)
    {
        var run = Run(program, arguments.Split(' '));
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(named ?? arguments, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Theory]
    [InlineData("ManifoldMlp")]
    [InlineData("ImageClassifier")]
    public void What_could_not_be_carried_out_ends_with_1_and_a_message(string program)
    {
        var run = Run(program, "--data", "no-such-folder");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("no-such-folder", run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Fact]
    public void Results_are_on_standard_output_and_in_JSON_and_progress_is_on_standard_error()
    {
        var json = Path.Combine(folder.FullName, "figures.json");
        var run = Run(Benchmarks, "types", "--steps", "2", "--seeds", "1", "--json", json);
        Assert.Equal(0, run.ExitCode);
        Assert.All(run.Output.TrimEnd().Split('\n'), line => Assert.StartsWith("|", line));
        Assert.Matches("step 1/20  [0-9]+:[0-9]{2} left", run.Error);
        Assert.DoesNotContain('\e', run.Output + run.Error);
        Assert.Equal(10, JsonDocument.Parse(File.ReadAllText(json)).RootElement.GetProperty("results").GetArrayLength());
    }

    [Fact]
    public void A_signal_ends_it_after_the_step_under_way()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are sent as on Unix.");
        // Not SIGINT, which a process ignores that a script has started in the background. Both are handled alike.
        const int SigTerm = 15;
        using var process = Start(Benchmarks, ["types", "--steps", "1000000"]);
        Assert.Contains("left", process.StandardError.ReadLine());
        Assert.Equal(0, Kill(process.Id, SigTerm));
        var run = Finish(process);
        Assert.Equal((130, ""), (run.ExitCode, run.Output));
        Assert.EndsWith("Stopped.\n", run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Theory]
    [InlineData("digest --steps 1000000", "left")] // Ends after the step under way.
    [InlineData("micro --filter *Quantile*", "")] // Knows of no steps: ends at once.
    public void Ctrl_C_ends_it_with_130_a_message_and_no_file(string command, string begun)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Signals are sent as on Linux.");
        const int SigInt = 2;
        var json = Path.Combine(folder.FullName, "figures.json");
        // A process that a script has started in the background would ignore it.
        using var process = Start(new ProcessStartInfo("env",
            ["--default-signal=INT", "dotnet", Built(Benchmarks), .. command.Split(' '), "--json", json]));
        var said = begun == "" ? process.StandardOutput.ReadLine() : process.StandardError.ReadLine();
        Assert.Contains(begun, said);
        Assert.Equal(0, Kill(process.Id, SigInt));
        var run = Finish(process);
        Assert.Equal(130, run.ExitCode);
        Assert.EndsWith("Stopped.\n", run.Error);
        Assert.DoesNotContain("   at ", run.Error);
        Assert.Empty(folder.EnumerateFiles());
    }

    [Theory]
    [InlineData("scale --simulate 1.1b", "simulated")]
    [InlineData("digest --steps 1", "hashes")]
    [InlineData("micro --list flat", "results")]
    public void What_is_found_out_is_in_JSON(string command, string named)
    {
        var json = Path.Combine(folder.FullName, "figures.json");
        Assert.Equal(0, Run(Benchmarks, [.. command.Split(' '), "--json", json]).ExitCode);
        Assert.True(JsonDocument.Parse(File.ReadAllText(json)).RootElement.TryGetProperty(named, out _));
    }

    [Fact]
    public void JSON_to_standard_output_stands_behind_what_is_there()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Devices are files as on Linux.");
        var file = Path.Combine(folder.FullName, "all");
        var shell = $"dotnet '{Built(Benchmarks)}' scale --simulate 1.1b --json /dev/stdout > '{file}'";
        using var process = Start(new ProcessStartInfo("sh", ["-c", shell]));
        Assert.Equal(0, Finish(process).ExitCode);
        var text = File.ReadAllText(file);
        var json = text.IndexOf('{', StringComparison.Ordinal);
        Assert.Contains("| ranks |", text[..json]);
        Assert.Equal(20, JsonDocument.Parse(text[json..]).RootElement.GetProperty("simulated").GetArrayLength());
        Assert.True(Path.Exists("/dev/stdout"));
    }

    [Fact]
    public void On_a_terminal_it_draws_a_bar_and_gives_the_cursor_back()
    {
        const string script = "/usr/bin/script";
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(script), "util-linux's script makes the terminal.");
        var start = new ProcessStartInfo(script,
            ["--quiet", "--return", "--command", $"dotnet {Built(Benchmarks)} types --steps 2 --seeds 1", "/dev/null"]);
        start.Environment["TERM"] = "xterm";
        using var process = Start(start);
        var run = Finish(process);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("\e[?25l", run.Output);
        Assert.Contains("100%", run.Output);
        Assert.Contains("\e[?25h", run.Output[run.Output.LastIndexOf("\e[?25l", StringComparison.Ordinal)..]);
    }

    [Fact]
    public void HelloRoot_trains_and_ends_with_0()
    {
        var run = Run("HelloRoot");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("step 300: loss 0.", run.Output);
        Assert.DoesNotContain('\e', run.Output);
    }

    private static Outcome Run(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        return Finish(process);
    }

    private static Process Start(string program, string[] arguments) =>
        Start(new ProcessStartInfo("dotnet", [Built(program), .. arguments]));

    private static Process Start(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        // Where ./run starts programs.
        start.WorkingDirectory = Repository.Root;
        start.Environment["OMP_NUM_THREADS"] = "1";
        return Process.Start(start)!;
    }

    /// <summary>A program as it is built, beside these tests.</summary>
    private static string Built(string program)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(here.Parent!.Parent!.FullName, program, here.Name, program + ".dll");
    }

    private static Outcome Finish(Process process)
    {
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"It did not end within {Patience}.");
        }
        return new(process.ExitCode, output.Result, error.Result);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);

    private sealed record Outcome(int ExitCode, string Output, string Error);
}
