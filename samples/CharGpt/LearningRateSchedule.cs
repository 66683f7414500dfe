using static TorchSharp.torch.optim;
using static TorchSharp.torch.optim.lr_scheduler;

namespace CharGpt;

/// <summary>
/// Linear warmup, then a half cosine down to 0 at the run's last step. A pure function of the step: a run resumed with
/// more steps has its place on the longer curve.
/// </summary>
public static class LearningRateSchedule
{
    /// <summary>The share of the peak learning rate that holds for a step (counted from 0).</summary>
    public static double Factor(int step, TrainOptions options)
    {
        if (step < options.Warmup)
        {
            return (step + 1.0) / (options.Warmup + 1.0);
        }

        var progress = (double)(step - options.Warmup) / Math.Max(1, options.Steps - options.Warmup);
        return 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, progress)));
    }

    /// <summary>A scheduler over an optimizer that has taken no step.</summary>
    public static LRScheduler Over(Optimizer optimizer, TrainOptions options) =>
        LambdaLR(optimizer, step => Factor(step, options));
}
