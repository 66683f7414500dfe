using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public static partial class TorchOptim
{
    extension(optim)
    {
        /// <summary>Manifold Muon over the given parameters.</summary>
        /// <remarks>The arguments are options of <see cref="ManifoldMuon.Options"/>.</remarks>
        public static ManifoldMuon ManifoldMuon(IEnumerable<Parameter> parameters, double lr = 0.1, double momentum = 0,
            StiefelSolver solver = StiefelSolver.Exact, Manifold manifold = Manifold.Stiefel, Radius radius = Radius.One,
            bool initialize = true) =>
            new(parameters, ManifoldMuonOptions(lr, momentum, solver, manifold, radius, initialize));

        /// <summary>The same, with every option.</summary>
        public static ManifoldMuon ManifoldMuon(IEnumerable<Parameter> parameters, ManifoldMuon.Options options) => new(parameters, options);

        /// <summary>Manifold Muon over named parameters: embeddings and output heads are recognized by name.</summary>
        /// <remarks>The arguments are options of <see cref="ManifoldMuon.Options"/>.</remarks>
        public static ManifoldMuon ManifoldMuon(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.1,
            double momentum = 0, StiefelSolver solver = StiefelSolver.Exact, Manifold manifold = Manifold.Stiefel,
            Radius radius = Radius.One, bool initialize = true) =>
            new(parameters, ManifoldMuonOptions(lr, momentum, solver, manifold, radius, initialize));

        /// <summary>The same, with every option.</summary>
        public static ManifoldMuon ManifoldMuon(IEnumerable<(string name, Parameter parameter)> parameters, ManifoldMuon.Options options) => new(parameters, options);

        /// <summary>Manifold Muon over a model: embeddings are recognized by module type, output heads by name.</summary>
        /// <remarks>The arguments are options of <see cref="ManifoldMuon.Options"/>.</remarks>
        [OverloadResolutionPriority(1)]
        public static ManifoldMuon ManifoldMuon(nn.Module model, double lr = 0.1, double momentum = 0,
            StiefelSolver solver = StiefelSolver.Exact, Manifold manifold = Manifold.Stiefel, Radius radius = Radius.One,
            bool initialize = true) =>
            new(model, ManifoldMuonOptions(lr, momentum, solver, manifold, radius, initialize));

        /// <summary>The same, with every option.</summary>
        [OverloadResolutionPriority(1)]
        public static ManifoldMuon ManifoldMuon(nn.Module model, ManifoldMuon.Options options) => new(model, options);

        /// <summary>Manifold Muon over parameter groups.</summary>
        /// <remarks>The arguments are options of <see cref="ManifoldMuon.Options"/>.</remarks>
        [OverloadResolutionPriority(2)]
        public static ManifoldMuon ManifoldMuon(IEnumerable<ManifoldMuon.ParamGroup> groups, double lr = 0.1,
            double momentum = 0, StiefelSolver solver = StiefelSolver.Exact, Manifold manifold = Manifold.Stiefel,
            Radius radius = Radius.One, bool initialize = true) =>
            new(groups, ManifoldMuonOptions(lr, momentum, solver, manifold, radius, initialize));

        /// <summary>The same, with every option.</summary>
        [OverloadResolutionPriority(2)]
        public static ManifoldMuon ManifoldMuon(IEnumerable<ManifoldMuon.ParamGroup> groups, ManifoldMuon.Options options) => new(groups, options);
    }

    private static ManifoldMuon.Options ManifoldMuonOptions(double lr, double momentum, StiefelSolver solver,
        Manifold manifold, Radius radius, bool initialize) => new()
    {
        LearningRate = lr,
        momentum = momentum,
        solver = solver,
        manifold = manifold,
        radius = radius,
        initialize = initialize,
    };
}
