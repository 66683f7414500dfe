using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Support;

public static class Close
{
    /// <summary>The largest absolute difference is at most <paramref name="tolerance"/>.</summary>
    public static void To(Tensor expected, Tensor actual, double tolerance, string what = "")
    {
        Assert.Equal(expected.shape, actual.shape);
        var difference = Difference(expected, actual);
        Assert.True(difference <= tolerance, $"{what}: the largest difference is {difference:g3}, above {tolerance:g3}");
    }

    public static double Difference(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return (a.cpu().to(float64) - b.cpu().to(float64)).abs().max().item<double>();
    }

    /// <summary>Equal bit for bit.</summary>
    public static void Exactly(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.Equal(expected.cpu().bytes.ToArray(), actual.cpu().bytes.ToArray());
    }
}
