using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public static partial class TorchOptim
{
    extension(optim)
    {
        /// <inheritdoc cref="ManifoldMuon.ManifoldMuon(IEnumerable{Parameter}, ManifoldMuon.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="ManifoldMuonOptions" path="/param"/>
        public static ManifoldMuon ManifoldMuon(IEnumerable<Parameter> parameters, double lr = 0.1, double momentum = 0,
            StiefelSolver? solver = null, Manifold? manifold = null, Radius radius = Radius.One,
            bool initialize = true) =>
            new(parameters, ManifoldMuonOptions(lr, momentum, solver, manifold, radius, initialize));

        /// <inheritdoc cref="ManifoldMuon.ManifoldMuon(IEnumerable{Parameter}, ManifoldMuon.Options?, IProcessGroup?)"/>
        public static ManifoldMuon ManifoldMuon(IEnumerable<Parameter> parameters, ManifoldMuon.Options options) =>
            new(parameters, options);

        /// <inheritdoc cref="ManifoldMuon.ManifoldMuon(IEnumerable{ValueTuple{string, Parameter}}, ManifoldMuon.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="ManifoldMuonOptions" path="/param"/>
        public static ManifoldMuon ManifoldMuon(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.1,
            double momentum = 0, StiefelSolver? solver = null, Manifold? manifold = null,
            Radius radius = Radius.One, bool initialize = true) =>
            new(parameters, ManifoldMuonOptions(lr, momentum, solver, manifold, radius, initialize));

        /// <inheritdoc cref="ManifoldMuon.ManifoldMuon(IEnumerable{ValueTuple{string, Parameter}}, ManifoldMuon.Options?, IProcessGroup?)"/>
        public static ManifoldMuon ManifoldMuon(IEnumerable<(string name, Parameter parameter)> parameters, ManifoldMuon.Options options) =>
            new(parameters, options);

        /// <inheritdoc cref="ManifoldMuon.ManifoldMuon(nn.Module, ManifoldMuon.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="ManifoldMuonOptions" path="/param"/>
        [OverloadResolutionPriority(1)]
        public static ManifoldMuon ManifoldMuon(nn.Module model, double lr = 0.1, double momentum = 0,
            StiefelSolver? solver = null, Manifold? manifold = null, Radius radius = Radius.One,
            bool initialize = true) =>
            new(model, ManifoldMuonOptions(lr, momentum, solver, manifold, radius, initialize));

        /// <inheritdoc cref="ManifoldMuon.ManifoldMuon(nn.Module, ManifoldMuon.Options?, IProcessGroup?)"/>
        [OverloadResolutionPriority(1)]
        public static ManifoldMuon ManifoldMuon(nn.Module model, ManifoldMuon.Options options) => new(model, options);

        /// <inheritdoc cref="ManifoldMuon.ManifoldMuon(IEnumerable{ManifoldMuon.ParamGroup}, ManifoldMuon.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="ManifoldMuonOptions" path="/param"/>
        [OverloadResolutionPriority(2)]
        public static ManifoldMuon ManifoldMuon(IEnumerable<ManifoldMuon.ParamGroup> groups, double lr = 0.1,
            double momentum = 0, StiefelSolver? solver = null, Manifold? manifold = null,
            Radius radius = Radius.One, bool initialize = true) =>
            new(groups, ManifoldMuonOptions(lr, momentum, solver, manifold, radius, initialize));

        /// <inheritdoc cref="ManifoldMuon.ManifoldMuon(IEnumerable{ManifoldMuon.ParamGroup}, ManifoldMuon.Options?, IProcessGroup?)"/>
        [OverloadResolutionPriority(2)]
        public static ManifoldMuon ManifoldMuon(IEnumerable<ManifoldMuon.ParamGroup> groups, ManifoldMuon.Options options) =>
            new(groups, options);
    }

    /// <summary>The options that are arguments of <c>torch.optim.ManifoldMuon</c>.</summary>
    /// <param name="lr">The spectral length of a step, in units of the radius. At least 0.</param>
    /// <param name="momentum">Momentum mu, in [0, 1]; 0 as published.</param>
    /// <param name="solver">How the direction is found; null: exactly.</param>
    /// <param name="manifold">The manifold of the matrices; null: the Stiefel manifold.</param>
    /// <param name="radius">How large the weights are.</param>
    /// <param name="initialize">Whether weights that are off their manifold are moved to its nearest point; else they are refused.</param>
    private static ManifoldMuon.Options ManifoldMuonOptions(double lr, double momentum, StiefelSolver? solver,
        Manifold? manifold, Radius radius, bool initialize) => new()
    {
        LearningRate = lr,
        momentum = momentum,
        solver = solver ?? new StiefelSolver.Exact(),
        manifold = manifold ?? Manifold.Stiefel,
        radius = radius,
        initialize = initialize,
    };
}
