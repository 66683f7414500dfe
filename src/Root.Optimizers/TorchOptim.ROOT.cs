using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public static partial class TorchOptim
{
    extension(optim)
    {
        /// <summary>ROOT over the given parameters.</summary>
        /// <remarks>The arguments are options of <see cref="RootOptimizer.Options"/>.</remarks>
        public static RootOptimizer ROOT(IEnumerable<Parameter> parameters, double lr = 1e-3, double weight_decay = 0.1,
            double momentum = 0.95, bool nesterov = true, int? ns_steps = null, double outlier_quantile = 0.9) =>
            new(parameters, ROOTOptions(lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile));

        /// <summary>The same, with every option.</summary>
        public static RootOptimizer ROOT(IEnumerable<Parameter> parameters, RootOptimizer.Options options) => new(parameters, options);

        /// <summary>ROOT over named parameters: embeddings and output heads are recognized by name.</summary>
        /// <remarks>The arguments are options of <see cref="RootOptimizer.Options"/>.</remarks>
        public static RootOptimizer ROOT(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3,
            double weight_decay = 0.1, double momentum = 0.95, bool nesterov = true, int? ns_steps = null,
            double outlier_quantile = 0.9) =>
            new(parameters, ROOTOptions(lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile));

        /// <summary>The same, with every option.</summary>
        public static RootOptimizer ROOT(IEnumerable<(string name, Parameter parameter)> parameters, RootOptimizer.Options options) => new(parameters, options);

        /// <summary>ROOT over a model: embeddings are recognized by module type, output heads by name.</summary>
        /// <remarks>The arguments are options of <see cref="RootOptimizer.Options"/>.</remarks>
        [OverloadResolutionPriority(1)]
        public static RootOptimizer ROOT(nn.Module model, double lr = 1e-3, double weight_decay = 0.1,
            double momentum = 0.95, bool nesterov = true, int? ns_steps = null, double outlier_quantile = 0.9) =>
            new(model, ROOTOptions(lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile));

        /// <summary>The same, with every option.</summary>
        [OverloadResolutionPriority(1)]
        public static RootOptimizer ROOT(nn.Module model, RootOptimizer.Options options) => new(model, options);

        /// <summary>ROOT over parameter groups.</summary>
        /// <remarks>The arguments are options of <see cref="RootOptimizer.Options"/>.</remarks>
        [OverloadResolutionPriority(2)]
        public static RootOptimizer ROOT(IEnumerable<RootOptimizer.ParamGroup> groups, double lr = 1e-3,
            double weight_decay = 0.1, double momentum = 0.95, bool nesterov = true, int? ns_steps = null,
            double outlier_quantile = 0.9) =>
            new(groups, ROOTOptions(lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile));

        /// <summary>The same, with every option.</summary>
        [OverloadResolutionPriority(2)]
        public static RootOptimizer ROOT(IEnumerable<RootOptimizer.ParamGroup> groups, RootOptimizer.Options options) => new(groups, options);
    }

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
