using BenchmarkDotNet.Attributes;
using Root.Optimizers.Outliers;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Micro;

/// <summary>The threshold of the outlier split, exact and from a sample.</summary>
public class QuantileBenchmarks
{
    private Tensor _momentum = null!;

    [Params(192, 768, 2048)]
    public int Rows { get; set; }

    [Params(true, false)]
    public bool Exact { get; set; }

    [GlobalSetup]
    public void Setup() => _momentum = randn(1, Rows, 4 * Rows);

    [Benchmark]
    public void Threshold() => OutlierSplit.Threshold(_momentum, 0.9, Exact).Dispose();

    [GlobalCleanup]
    public void Cleanup() => _momentum.Dispose();
}
