using BenchmarkDotNet.Attributes;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Orthogonalization;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Micro;

/// <summary>Newton-Schulz by shape, element type, form and batch; a batch counts as one.</summary>
public class OrthogonalizeBenchmarks
{
    private Tensor _matrices = null!;
    private NewtonSchulzSchedule _schedule = null!;

    [Params("192x192", "192x768", "768x768", "768x3072", "3072x768")]
    public string Shape { get; set; } = "";

    [Params(ScalarType.Float32, ScalarType.BFloat16)]
    public ScalarType Type { get; set; }

    [Params(NewtonSchulzForm.Plain, NewtonSchulzForm.Gram)]
    public NewtonSchulzForm Form { get; set; }

    [Params(1, 4)]
    public int Batch { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var sides = Shape.Split('x').Select(long.Parse).ToArray();
        _matrices = randn(Batch, sides[0], sides[1]);
        _schedule = CoefficientTable.Shipped().For(sides[0], sides[1], 4);
    }

    [Benchmark]
    public void Orthogonalize()
    {
        using var grad = no_grad();
        using var result = NewtonSchulz.Orthogonalize(_matrices, _schedule.ForType(Type), Type, Form);
    }

    [GlobalCleanup]
    public void Cleanup() => _matrices.Dispose();
}
