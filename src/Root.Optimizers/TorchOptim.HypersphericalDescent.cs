using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public static partial class TorchOptim
{
    extension(optim)
    {
        /// <inheritdoc cref="HypersphericalDescent(IEnumerable{Parameter}, double, double, Manifold, bool)"/>
        public static HypersphericalDescent HypersphericalDescent(
            IEnumerable<Parameter> parameters, double lr = 0.1, double momentum = 0,
            Manifold manifold = Manifold.Sphere, bool initialize = true) =>
            new(parameters, lr, momentum, manifold, initialize);

        /// <inheritdoc cref="HypersphericalDescent(IEnumerable{ValueTuple{string, Parameter}}, double, double, Manifold, bool)"/>
        public static HypersphericalDescent HypersphericalDescent(
            IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.1, double momentum = 0,
            Manifold manifold = Manifold.Sphere, bool initialize = true) =>
            new(parameters, lr, momentum, manifold, initialize);

        /// <inheritdoc cref="HypersphericalDescent(nn.Module, double, double, Manifold, bool)"/>
        public static HypersphericalDescent HypersphericalDescent(
            nn.Module model, double lr = 0.1, double momentum = 0,
            Manifold manifold = Manifold.Sphere, bool initialize = true) =>
            new(model, lr, momentum, manifold, initialize);

        /// <inheritdoc cref="HypersphericalDescent(IEnumerable{HypersphericalDescent.ParamGroup}, double, double, Manifold, bool)"/>
        public static HypersphericalDescent HypersphericalDescent(
            IEnumerable<HypersphericalDescent.ParamGroup> parameters, double lr = 0.1, double momentum = 0,
            Manifold manifold = Manifold.Sphere, bool initialize = true) =>
            new(parameters, lr, momentum, manifold, initialize);
    }
}
