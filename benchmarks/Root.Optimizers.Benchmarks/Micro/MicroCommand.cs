using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Shared;

namespace Root.Optimizers.Benchmarks.Micro;

/// <summary>./run bench micro: BenchmarkDotNet over the parts of a step.</summary>
internal static class MicroCommand
{
    /// <summary>At which it runs nothing, and is not asked to.</summary>
    private static readonly string[] Questions = ["--list", "--info", "--version"];

    public static Command Create()
    {
        var json = new Option<string?>("--json") { Description = "file for the figures" };
        var command = new Command("micro",
            "BenchmarkDotNet: orthogonalization, quantiles and steps by themselves. "
            + "Takes its arguments, as --filter *Quantile* or --list flat.")
            { json };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(given =>
        {
            // In this process: projects that BenchmarkDotNet generates would not know where TorchSharp comes from.
            var config = DefaultConfig.Instance
                .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
                .WithArtifactsPath("artifacts/BenchmarkDotNet")
                .WithOptions(ConfigOptions.DisableOptimizationsValidator);
            // Without arguments it would ask at the keyboard which to run.
            string[] arguments = given.UnmatchedTokens is { Count: > 0 } tokens ? [.. tokens] : ["--filter", "*"];
            var reports = BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run(arguments, config)
                .SelectMany(summary => summary.Reports).ToArray();
            if (reports.Length == 0 && !arguments.Intersect(Questions).Any()) throw new UserException("No benchmark has run.");
            if (given.GetValue(json) is { } path)
                ResultFile.Write(path, new { machine = Machine.Describe(), results = reports.Select(Figures) });
            return reports.All(report => report.Success) ? 0 : UserException.Failure;
        });
        return command;
    }

    private static object Figures(BenchmarkReport report) => new
    {
        benchmark = report.BenchmarkCase.DisplayInfo, mean_seconds = report.ResultStatistics?.Mean * 1e-9,
        standard_error = report.ResultStatistics?.StandardError * 1e-9,
    };
}
