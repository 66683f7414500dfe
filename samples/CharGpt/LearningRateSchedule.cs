using static TorchSharp.torch.optim;

namespace CharGpt;

/// <summary>
/// Linear warmup, then a half cosine down to 0 at the run's last step. A pure function of the step: a resumed run
/// needs no scheduler state, and one resumed with more steps takes its place on the longer curve.
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

    /// <summary>Sets every group's rate for a step; returns the first group's.</summary>
    public static double Apply(Optimizer optimizer, int step, TrainOptions options)
    {
        var factor = Factor(step, options);
        foreach (var group in optimizer.ParamGroups)
        {
            group.LearningRate = group.InitialLearningRate * factor;
        }

        return optimizer.ParamGroups.First().LearningRate;
    }
}
