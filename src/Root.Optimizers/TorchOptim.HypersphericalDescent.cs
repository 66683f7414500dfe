using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public static partial class TorchOptim
{
    extension(optim)
    {
        /// <inheritdoc cref="HypersphericalDescent.HypersphericalDescent(IEnumerable{Parameter}, HypersphericalDescent.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="HypersphericalDescentOptions" path="/param"/>
        public static HypersphericalDescent HypersphericalDescent(IEnumerable<Parameter> parameters, double lr = 0.1,
            double momentum = 0, Manifold? manifold = null, bool initialize = true) =>
            new(parameters, HypersphericalDescentOptions(lr, momentum, manifold, initialize));

        /// <inheritdoc cref="HypersphericalDescent.HypersphericalDescent(IEnumerable{Parameter}, HypersphericalDescent.Options?, IProcessGroup?)"/>
        public static HypersphericalDescent HypersphericalDescent(IEnumerable<Parameter> parameters,
            HypersphericalDescent.Options options) =>
            new(parameters, options);

        /// <inheritdoc cref="HypersphericalDescent.HypersphericalDescent(IEnumerable{ValueTuple{string, Parameter}}, HypersphericalDescent.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="HypersphericalDescentOptions" path="/param"/>
        public static HypersphericalDescent HypersphericalDescent(IEnumerable<(string name, Parameter parameter)> parameters,
            double lr = 0.1, double momentum = 0, Manifold? manifold = null, bool initialize = true) =>
            new(parameters, HypersphericalDescentOptions(lr, momentum, manifold, initialize));

        /// <inheritdoc cref="HypersphericalDescent.HypersphericalDescent(IEnumerable{ValueTuple{string, Parameter}}, HypersphericalDescent.Options?, IProcessGroup?)"/>
        public static HypersphericalDescent HypersphericalDescent(IEnumerable<(string name, Parameter parameter)> parameters,
            HypersphericalDescent.Options options) =>
            new(parameters, options);

        /// <inheritdoc cref="HypersphericalDescent.HypersphericalDescent(nn.Module, HypersphericalDescent.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="HypersphericalDescentOptions" path="/param"/>
        [OverloadResolutionPriority(1)]
        public static HypersphericalDescent HypersphericalDescent(nn.Module model, double lr = 0.1, double momentum = 0,
            Manifold? manifold = null, bool initialize = true) =>
            new(model, HypersphericalDescentOptions(lr, momentum, manifold, initialize));

        /// <inheritdoc cref="HypersphericalDescent.HypersphericalDescent(nn.Module, HypersphericalDescent.Options?, IProcessGroup?)"/>
        [OverloadResolutionPriority(1)]
        public static HypersphericalDescent HypersphericalDescent(nn.Module model, HypersphericalDescent.Options options) =>
            new(model, options);

        /// <inheritdoc cref="HypersphericalDescent.HypersphericalDescent(IEnumerable{HypersphericalDescent.ParamGroup}, HypersphericalDescent.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="HypersphericalDescentOptions" path="/param"/>
        [OverloadResolutionPriority(2)]
        public static HypersphericalDescent HypersphericalDescent(IEnumerable<HypersphericalDescent.ParamGroup> groups,
            double lr = 0.1, double momentum = 0, Manifold? manifold = null, bool initialize = true) =>
            new(groups, HypersphericalDescentOptions(lr, momentum, manifold, initialize));

        /// <inheritdoc cref="HypersphericalDescent.HypersphericalDescent(IEnumerable{HypersphericalDescent.ParamGroup}, HypersphericalDescent.Options?, IProcessGroup?)"/>
        [OverloadResolutionPriority(2)]
        public static HypersphericalDescent HypersphericalDescent(IEnumerable<HypersphericalDescent.ParamGroup> groups,
            HypersphericalDescent.Options options) =>
            new(groups, options);
    }

    /// <summary>The options that are arguments of <c>torch.optim.HypersphericalDescent</c>.</summary>
    /// <param name="lr">The tangent of the angle that a step turns a weight by. At least 0.</param>
    /// <param name="momentum">Momentum mu, in [0, 1]; 0 as published.</param>
    /// <param name="manifold">Whether a tensor, each of its rows or each of its columns is one unit vector; null: the tensor.</param>
    /// <param name="initialize">Whether weights that are off their manifold are moved to its nearest point; else they are refused.</param>
    private static HypersphericalDescent.Options HypersphericalDescentOptions(double lr, double momentum, Manifold? manifold,
        bool initialize) => new()
    {
        LearningRate = lr,
        momentum = momentum,
        manifold = manifold ?? Manifold.Sphere,
        initialize = initialize,
    };
}
