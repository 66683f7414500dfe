using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public static partial class TorchOptim
{
    extension(optim)
    {
        /// <summary>Hyperspherical descent over the given parameters.</summary>
        /// <remarks>The arguments are options of <see cref="HypersphericalDescent.Options"/>.</remarks>
        public static HypersphericalDescent HypersphericalDescent(IEnumerable<Parameter> parameters, double lr = 0.1,
            double momentum = 0, Manifold manifold = Manifold.Sphere, bool initialize = true) =>
            new(parameters, HypersphericalDescentOptions(lr, momentum, manifold, initialize));

        /// <summary>The same, with every option.</summary>
        public static HypersphericalDescent HypersphericalDescent(IEnumerable<Parameter> parameters, HypersphericalDescent.Options options) => new(parameters, options);

        /// <summary>Hyperspherical descent over named parameters: embeddings and output heads are recognized by name.</summary>
        /// <remarks>The arguments are options of <see cref="HypersphericalDescent.Options"/>.</remarks>
        public static HypersphericalDescent HypersphericalDescent(IEnumerable<(string name, Parameter parameter)> parameters,
            double lr = 0.1, double momentum = 0, Manifold manifold = Manifold.Sphere, bool initialize = true) =>
            new(parameters, HypersphericalDescentOptions(lr, momentum, manifold, initialize));

        /// <summary>The same, with every option.</summary>
        public static HypersphericalDescent HypersphericalDescent(IEnumerable<(string name, Parameter parameter)> parameters, HypersphericalDescent.Options options) => new(parameters, options);

        /// <summary>Hyperspherical descent over a model: embeddings are recognized by module type, output heads by name.</summary>
        /// <remarks>The arguments are options of <see cref="HypersphericalDescent.Options"/>.</remarks>
        [OverloadResolutionPriority(1)]
        public static HypersphericalDescent HypersphericalDescent(nn.Module model, double lr = 0.1, double momentum = 0,
            Manifold manifold = Manifold.Sphere, bool initialize = true) =>
            new(model, HypersphericalDescentOptions(lr, momentum, manifold, initialize));

        /// <summary>The same, with every option.</summary>
        [OverloadResolutionPriority(1)]
        public static HypersphericalDescent HypersphericalDescent(nn.Module model, HypersphericalDescent.Options options) => new(model, options);

        /// <summary>Hyperspherical descent over parameter groups.</summary>
        /// <remarks>The arguments are options of <see cref="HypersphericalDescent.Options"/>.</remarks>
        [OverloadResolutionPriority(2)]
        public static HypersphericalDescent HypersphericalDescent(IEnumerable<HypersphericalDescent.ParamGroup> groups,
            double lr = 0.1, double momentum = 0, Manifold manifold = Manifold.Sphere, bool initialize = true) =>
            new(groups, HypersphericalDescentOptions(lr, momentum, manifold, initialize));

        /// <summary>The same, with every option.</summary>
        [OverloadResolutionPriority(2)]
        public static HypersphericalDescent HypersphericalDescent(IEnumerable<HypersphericalDescent.ParamGroup> groups, HypersphericalDescent.Options options) => new(groups, options);
    }

    private static HypersphericalDescent.Options HypersphericalDescentOptions(double lr, double momentum, Manifold manifold,
        bool initialize) => new()
    {
        LearningRate = lr,
        momentum = momentum,
        manifold = manifold,
        initialize = initialize,
    };
}
