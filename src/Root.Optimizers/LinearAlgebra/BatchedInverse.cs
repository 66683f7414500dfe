using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.LinearAlgebra;

/// <summary>Inverses of a batch of matrices.</summary>
internal static class BatchedInverse
{
    /// <summary>
    /// Of a batch libtorch gives each of its threads a matrix, and within such threads MKL's LU of a large one exchanges wrong rows:
    /// <c>linalg.inv</c> throws (pytorch#142815, from a side of 151) or is wrong (pytorch#181570). Source: 2 threads, libtorch 2.10,
    /// November 2026: up to 129 right, from 192 on none; a matrix at a time takes 1.1 to 1.2 times as long at 64x64, at 8x8 three to
    /// six times.
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
