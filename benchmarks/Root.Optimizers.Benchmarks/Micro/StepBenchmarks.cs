using BenchmarkDotNet.Attributes;
using Root.Optimizers.Benchmarks.Step;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Micro;

/// <summary>A whole step over the matrices of CharGpt.</summary>
public class StepBenchmarks
{
    private List<Parameter> _parameters = null!;
    private OptimizerHelper _optimizer = null!;

    [Params("adamw", "muon", "root", "root-published")]
    public string Optimizer { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _parameters = ParameterSet.Make("chargpt", Gradients.Gaussian, CPU);
        _optimizer = Optimizer switch
        {
            "adamw" => optim.AdamW(_parameters),
            "muon" => new Muon(_parameters),
            "root" => new RootOptimizer(_parameters),
            _ => new RootOptimizer(_parameters, RootOptimizer.Options.Published()),
        };
    }

    [Benchmark]
    public void Step() => _optimizer.step();

    [GlobalCleanup]
    public void Cleanup() => _optimizer.Dispose();
}
