using TorchSharp.Modules;

namespace Root.Optimizers;

/// <summary>Shares one learning rate over the weights of a network.</summary>
public interface ILearningRateShares
{
    /// <summary>The factor of a weight's learning rate, or null where the weight is unknown.</summary>
    double? ShareOf(Parameter parameter);
}
