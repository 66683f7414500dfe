using Root.Optimizers.AdaNewton;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Coefficients;

internal static class TableLearning
{
    /// <summary>Learns from one matrix, as RootOptimizer does at the end of a step that refits.</summary>
    public static void Learn(this CoefficientTable table, Tensor matrix, int steps, long step)
    {
        if (CoefficientLearner.Fit(matrix, steps, step) is { } entry) table.Set(matrix.shape[0], matrix.shape[1], entry);
    }
}
