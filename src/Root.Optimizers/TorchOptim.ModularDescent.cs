using Root.Optimizers.Modular;
using static TorchSharp.torch;

namespace Root.Optimizers;

public static partial class TorchOptim
{
    extension(optim)
    {
        /// <summary>Modular descent over the atoms of a budget alone.</summary>
        /// <param name="budget">What each weight may use.</param>
        /// <param name="lr">By how much at most a step moves the network's output, to first order.</param>
        /// <param name="momentum">Momentum mu, in [0, 1].</param>
        /// <param name="weight_decay">Decoupled weight decay, scaled by the share as the learning rate is.</param>
        /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
        public static ModularDescent ModularDescent(ModularBudget budget, double lr = 0.1, double momentum = 0.9, double weight_decay = 0) =>
            new(budget, ModularDescentOptions(lr, momentum, weight_decay));

        /// <inheritdoc cref="ModularDescent(ModularBudget, ModularDescent.Options?)"/>
        public static ModularDescent ModularDescent(ModularBudget budget, ModularDescent.Options options) => new(budget, options);

        /// <summary>Modular descent over a model: atoms by the budget, what is in none by AdamW.</summary>
        /// <param name="model">The model whose weights the budget's atoms are.</param>
        /// <param name="budget">What each weight may use.</param>
        /// <param name="lr">By how much at most a step moves the network's output, to first order.</param>
        /// <param name="momentum">Momentum mu, in [0, 1].</param>
        /// <param name="weight_decay">Decoupled weight decay, scaled by the share as the learning rate is.</param>
        /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>; or the model lacks an
        /// atom's weight.</exception>
        public static ModularDescent ModularDescent(nn.Module model, ModularBudget budget, double lr = 0.1, double momentum = 0.9,
            double weight_decay = 0) =>
            new(model, budget, ModularDescentOptions(lr, momentum, weight_decay));

        /// <inheritdoc cref="ModularDescent(nn.Module, ModularBudget, ModularDescent.Options?)"/>
        public static ModularDescent ModularDescent(nn.Module model, ModularBudget budget, ModularDescent.Options options) =>
            new(model, budget, options);
    }

    private static ModularDescent.Options ModularDescentOptions(double lr, double momentum, double weight_decay) => new()
    {
        LearningRate = lr,
        momentum = momentum,
        weight_decay = weight_decay,
    };
}
