using TorchSharp;

namespace Root.Optimizers.Tests.Support;

public static class LiveTensors
{
    /// <summary>How many tensors made on this thread are not disposed, by TorchSharp's own count.</summary>
    public static long Count => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
}
