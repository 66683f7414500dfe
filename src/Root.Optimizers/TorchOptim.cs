using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>Adds this library's optimizers to <c>torch.optim</c>.</summary>
public static partial class TorchOptim
{
    extension(optim)
    {
        /// <inheritdoc cref="RootOptimizer(IEnumerable{Parameter}, double, double, double, bool, int?, double)"/>
        public static RootOptimizer ROOT(IEnumerable<Parameter> parameters, double lr = 1e-3, double weight_decay = 0.1,
            double momentum = 0.95, bool nesterov = true, int? ns_steps = null, double outlier_quantile = 0.9) =>
            new(parameters, lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile);

        /// <inheritdoc cref="RootOptimizer(IEnumerable{ValueTuple{string, Parameter}}, double, double, double, bool, int?, double)"/>
        public static RootOptimizer ROOT(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3,
            double weight_decay = 0.1, double momentum = 0.95, bool nesterov = true, int? ns_steps = null,
            double outlier_quantile = 0.9) =>
            new(parameters, lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile);

        /// <inheritdoc cref="RootOptimizer(nn.Module, double, double, double, bool, int?, double)"/>
        public static RootOptimizer ROOT(nn.Module model, double lr = 1e-3, double weight_decay = 0.1,
            double momentum = 0.95, bool nesterov = true, int? ns_steps = null, double outlier_quantile = 0.9) =>
            new(model, lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile);

        /// <inheritdoc cref="RootOptimizer(IEnumerable{RootOptimizer.ParamGroup}, double, double, double, bool, int?, double)"/>
        public static RootOptimizer ROOT(IEnumerable<RootOptimizer.ParamGroup> parameters, double lr = 1e-3,
            double weight_decay = 0.1, double momentum = 0.95, bool nesterov = true, int? ns_steps = null,
            double outlier_quantile = 0.9) =>
            new(parameters, lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile);
    }
}
