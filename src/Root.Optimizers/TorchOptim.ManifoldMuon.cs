using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public static partial class TorchOptim
{
    extension(optim)
    {
        /// <inheritdoc cref="ManifoldMuon(IEnumerable{Parameter}, double, double, StiefelSolver, Manifold, Radius, bool)"/>
        public static ManifoldMuon ManifoldMuon(
            IEnumerable<Parameter> parameters, double lr = 0.1, double momentum = 0,
            StiefelSolver solver = StiefelSolver.Exact, Manifold manifold = Manifold.Stiefel,
            Radius radius = Radius.One, bool initialize = true) =>
            new(parameters, lr, momentum, solver, manifold, radius, initialize);

        /// <inheritdoc cref="ManifoldMuon(IEnumerable{ValueTuple{string, Parameter}}, double, double, StiefelSolver, Manifold, Radius, bool)"/>
        public static ManifoldMuon ManifoldMuon(
            IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.1, double momentum = 0,
            StiefelSolver solver = StiefelSolver.Exact, Manifold manifold = Manifold.Stiefel,
            Radius radius = Radius.One, bool initialize = true) =>
            new(parameters, lr, momentum, solver, manifold, radius, initialize);

        /// <inheritdoc cref="ManifoldMuon(nn.Module, double, double, StiefelSolver, Manifold, Radius, bool)"/>
        public static ManifoldMuon ManifoldMuon(
            nn.Module model, double lr = 0.1, double momentum = 0,
            StiefelSolver solver = StiefelSolver.Exact, Manifold manifold = Manifold.Stiefel,
            Radius radius = Radius.One, bool initialize = true) =>
            new(model, lr, momentum, solver, manifold, radius, initialize);

        /// <inheritdoc cref="ManifoldMuon(IEnumerable{ManifoldMuon.ParamGroup}, double, double, StiefelSolver, Manifold, Radius, bool)"/>
        public static ManifoldMuon ManifoldMuon(
            IEnumerable<ManifoldMuon.ParamGroup> parameters, double lr = 0.1, double momentum = 0,
            StiefelSolver solver = StiefelSolver.Exact, Manifold manifold = Manifold.Stiefel,
            Radius radius = Radius.One, bool initialize = true) =>
            new(parameters, lr, momentum, solver, manifold, radius, initialize);
    }
}
