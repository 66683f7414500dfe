using Root.Optimizers.LinearAlgebra;
using static TorchSharp.torch;

namespace Root.Optimizers.Averaging;

/// <summary>What weights are summed in.</summary>
internal static class Sums
{
    /// <summary>Zeros of a tensor's shape and device, in float32, or float64 of float64; of no dispose scope.</summary>
    public static Tensor Like(Tensor X) =>
        zeros(X.shape, device: X.device, dtype: X.dtype.Widened()).DetachFromDisposeScope();
}
