using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public static partial class TorchOptim
{
    extension(optim)
    {
        /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{Parameter}, RootOptimizer.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="ROOTOptions" path="/param"/>
        public static RootOptimizer ROOT(IEnumerable<Parameter> parameters, double lr = 1e-3, double weight_decay = 0.1,
            double momentum = 0.95, bool nesterov = true, int? ns_steps = null, double outlier_quantile = 0.9) =>
            new(parameters, ROOTOptions(lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile));

        /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{Parameter}, RootOptimizer.Options?, IProcessGroup?)"/>
        public static RootOptimizer ROOT(IEnumerable<Parameter> parameters, RootOptimizer.Options options) =>
            new(parameters, options);

        /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{ValueTuple{string, Parameter}}, RootOptimizer.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="ROOTOptions" path="/param"/>
        public static RootOptimizer ROOT(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3,
            double weight_decay = 0.1, double momentum = 0.95, bool nesterov = true, int? ns_steps = null,
            double outlier_quantile = 0.9) =>
            new(parameters, ROOTOptions(lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile));

        /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{ValueTuple{string, Parameter}}, RootOptimizer.Options?, IProcessGroup?)"/>
        public static RootOptimizer ROOT(IEnumerable<(string name, Parameter parameter)> parameters, RootOptimizer.Options options) =>
            new(parameters, options);

        /// <inheritdoc cref="RootOptimizer.RootOptimizer(nn.Module, RootOptimizer.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="ROOTOptions" path="/param"/>
        [OverloadResolutionPriority(1)]
        public static RootOptimizer ROOT(nn.Module model, double lr = 1e-3, double weight_decay = 0.1, double momentum = 0.95,
            bool nesterov = true, int? ns_steps = null, double outlier_quantile = 0.9) =>
            new(model, ROOTOptions(lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile));

        /// <inheritdoc cref="RootOptimizer.RootOptimizer(nn.Module, RootOptimizer.Options?, IProcessGroup?)"/>
        [OverloadResolutionPriority(1)]
        public static RootOptimizer ROOT(nn.Module model, RootOptimizer.Options options) => new(model, options);

        /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{RootOptimizer.ParamGroup}, RootOptimizer.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="ROOTOptions" path="/param"/>
        [OverloadResolutionPriority(2)]
        public static RootOptimizer ROOT(IEnumerable<RootOptimizer.ParamGroup> groups, double lr = 1e-3,
            double weight_decay = 0.1, double momentum = 0.95, bool nesterov = true, int? ns_steps = null,
            double outlier_quantile = 0.9) =>
            new(groups, ROOTOptions(lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile));

        /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{RootOptimizer.ParamGroup}, RootOptimizer.Options?, IProcessGroup?)"/>
        [OverloadResolutionPriority(2)]
        public static RootOptimizer ROOT(IEnumerable<RootOptimizer.ParamGroup> groups, RootOptimizer.Options options) =>
            new(groups, options);
    }

    /// <summary>The options that are arguments of <c>torch.optim.ROOT</c>.</summary>
    /// <param name="lr">The learning rate. At least 0.</param>
    /// <param name="weight_decay">Decoupled weight decay: parameters are multiplied by 1 - lr * weight_decay at each step. At
    /// least 0.</param>
    /// <param name="momentum">Momentum mu, in [0, 1].</param>
    /// <param name="nesterov">Whether the gradient's part counts once more after it has entered the momentum.</param>
    /// <param name="ns_steps">Newton-Schulz steps, at least 1; null: 3, with learned coefficients.</param>
    /// <param name="outlier_quantile">The quantile of |M| beyond which entries are clipped, in (0, 1]; 1 clips nothing.</param>
    private static RootOptimizer.Options ROOTOptions(double lr, double weight_decay, double momentum, bool nesterov,
        int? ns_steps, double outlier_quantile) => new()
    {
        LearningRate = lr,
        weight_decay = weight_decay,
        momentum = momentum,
        nesterov = nesterov,
        ns_steps = ns_steps,
        outlier_quantile = outlier_quantile,
    };
}
