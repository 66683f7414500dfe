using Root.Optimizers.Tests.Support;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests;

/// <summary>Parameters of other types than float32.</summary>
public class TypeTests
{
    [Theory]
    [InlineData(ScalarType.Float64, 1e-6)] // observed 1.2e-7: the float32 reference's own rounding
    [InlineData(ScalarType.BFloat16, 2e-2)] // observed 4.7e-3: a rounding of bfloat16 at values of 1 to 2
    public void A_step_agrees_with_that_of_float32(ScalarType type, double tolerance)
    {
        random.manual_seed(2);
        var weights = randn(8, 12).to(type).to(float32);
        var gradient = randn(8, 12).to(type).to(float32);
        var (single, other) = (new TorchSharp.Modules.Parameter(weights.clone().OnDevice()),
            new TorchSharp.Modules.Parameter(weights.to(type).OnDevice()));
        foreach (var parameter in new[] { single, other })
        {
            using var optimizer = new RootOptimizer([parameter],
                new RootOptimizer.Options 
                {
                    LearningRate = 0.01,
                    precision = type == ScalarType.Float64 ? Precision.Automatic : Precision.Float32,
                });
            Models.Gradient(parameter, gradient);
            optimizer.step();
        }
        Assert.Equal(type, other.dtype);
        Close.To(single.detach(), other.detach(), tolerance);
    }
}
