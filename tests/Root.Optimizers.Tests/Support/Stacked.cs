using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Support;

/// <summary>
/// Stacks tensors that nobody else holds. TorchSharp 0.107 reads the handles of a list and then lets go of it: where a collection comes
/// between that and the native call, it frees the tensors, and the process ends in a segmentation fault. A dispose scope holds
/// them too; a test without one does not.
/// </summary>
internal static class Stacked
{
    public static Tensor Of(params Tensor[] tensors)
    {
        var stacked = stack(tensors);
        GC.KeepAlive(tensors);
        return stacked;
    }
}
