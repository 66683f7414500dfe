using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.LinearAlgebra;

/// <summary>Inverses of a batch of matrices.</summary>
internal static class BatchedInverse
{
    /// <summary>
    /// Of a batch libtorch gives each of its threads a matrix, and within such threads MKL's LU of a side above some 150 exchanges wrong
    /// rows: <c>linalg.inv</c> throws, or is wrong (pytorch#142815; libtorch 2.10: from 192 on, up to 129 right). Below, a matrix at a
    /// time is slower.
    /// </summary>
    private const long LargestInBatch = 64;

    /// <param name="X">(b, n, n), none singular.</param>
    public static Tensor Of(Tensor X)
    {
        if (X.device_type != DeviceType.CPU || X.shape[0] == 1 || X.shape[^1] <= LargestInBatch) return linalg.inv(X);
        using var scope = NewDisposeScope();
        var inverses = X.unbind().Select(linalg.inv).ToArray();
        return stack(inverses).MoveToOuterDisposeScope();
    }
}
