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
        var filter = new Option<string>("--filter")
            { Description = "glob of Class.Method, as *Orthogonalize*", DefaultValueFactory = _ => "*" };
        var command = new Command("micro", "BenchmarkDotNet: orthogonalization, quantiles and steps by themselves.") { filter };
        command.SetAction(given =>
        {
            // In this process: projects that BenchmarkDotNet generates would not know where TorchSharp comes from.
            var config = DefaultConfig.Instance
                .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
                .WithArtifactsPath("artifacts/BenchmarkDotNet")
                .WithOptions(ConfigOptions.DisableOptimizationsValidator);
            BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run(["--filter", given.GetValue(filter)!], config);
            return 0;
        });
        return command;
    }
}
