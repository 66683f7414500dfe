using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Root.Optimizers.Benchmarks.Micro;

/// <summary>./run bench micro: BenchmarkDotNet over the parts of a step.</summary>
internal static class MicroCommand
{
    public static Command Create()
    {
        var command = new Command("micro",
            "BenchmarkDotNet: orthogonalization, quantiles and steps by themselves. "
            + "Takes its arguments, as --filter *Quantile* or --list flat.")
            { TreatUnmatchedTokensAsErrors = false };
        command.SetAction(given =>
        {
            // In this process: projects that BenchmarkDotNet generates would not know where TorchSharp comes from.
            var config = DefaultConfig.Instance
                .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
                .WithArtifactsPath("artifacts/BenchmarkDotNet")
                .WithOptions(ConfigOptions.DisableOptimizationsValidator);
            // Without arguments it would ask at the keyboard which to run.
            string[] arguments = given.UnmatchedTokens is { Count: > 0 } tokens ? [.. tokens] : ["--filter", "*"];
            BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run(arguments, config);
            return 0;
        });
        return command;
    }
}
