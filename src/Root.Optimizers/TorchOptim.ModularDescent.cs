using Root.Optimizers.Modular;
using static TorchSharp.torch;

namespace Root.Optimizers;

public static partial class TorchOptim
{
    extension(optim)
    {
        /// <inheritdoc cref="ModularDescent.ModularDescent(ModularBudget, ModularDescent.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="ModularDescentOptions" path="/param"/>
        public static ModularDescent ModularDescent(ModularBudget budget, double lr = 0.1, double momentum = 0.9,
            double weight_decay = 0) =>
            new(budget, ModularDescentOptions(lr, momentum, weight_decay));

        /// <inheritdoc cref="ModularDescent.ModularDescent(ModularBudget, ModularDescent.Options?, IProcessGroup?)"/>
        public static ModularDescent ModularDescent(ModularBudget budget, ModularDescent.Options options) => new(budget, options);

        /// <inheritdoc cref="ModularDescent.ModularDescent(nn.Module, ModularBudget, ModularDescent.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="ModularDescentOptions" path="/param"/>
        public static ModularDescent ModularDescent(nn.Module model, ModularBudget budget, double lr = 0.1, double momentum = 0.9,
            double weight_decay = 0) =>
            new(model, budget, ModularDescentOptions(lr, momentum, weight_decay));

        /// <inheritdoc cref="ModularDescent.ModularDescent(nn.Module, ModularBudget, ModularDescent.Options?, IProcessGroup?)"/>
        public static ModularDescent ModularDescent(nn.Module model, ModularBudget budget, ModularDescent.Options options) =>
            new(model, budget, options);
    }

    /// <summary>The options that are arguments of <c>torch.optim.ModularDescent</c>.</summary>
    /// <param name="lr">By how much at most a step moves the network's output, to first order. At least 0.</param>
    /// <param name="momentum">Momentum mu, in [0, 1].</param>
    /// <param name="weight_decay">Decoupled weight decay, scaled by the share as the learning rate is. At least 0.</param>
    private static ModularDescent.Options ModularDescentOptions(double lr, double momentum, double weight_decay) => new()
    {
        LearningRate = lr,
        momentum = momentum,
        weight_decay = weight_decay,
    };
}
