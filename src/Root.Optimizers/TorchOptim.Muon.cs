using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public static partial class TorchOptim
{
    extension(optim)
    {
        /// <inheritdoc cref="Muon.Muon(IEnumerable{Parameter}, Muon.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="MuonOptions" path="/param"/>
        public static Muon Muon(IEnumerable<Parameter> parameters, double lr = 1e-3, double weight_decay = 0.1,
            double momentum = 0.95, bool nesterov = true, int ns_steps = 5, LrScale lr_scale = LrScale.KellerJordan) =>
            new(parameters, MuonOptions(lr, weight_decay, momentum, nesterov, ns_steps, lr_scale));

        /// <inheritdoc cref="Muon.Muon(IEnumerable{Parameter}, Muon.Options?, IProcessGroup?)"/>
        public static Muon Muon(IEnumerable<Parameter> parameters, Muon.Options options) => new(parameters, options);

        /// <inheritdoc cref="Muon.Muon(IEnumerable{ValueTuple{string, Parameter}}, Muon.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="MuonOptions" path="/param"/>
        public static Muon Muon(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3,
            double weight_decay = 0.1, double momentum = 0.95, bool nesterov = true, int ns_steps = 5,
            LrScale lr_scale = LrScale.KellerJordan) =>
            new(parameters, MuonOptions(lr, weight_decay, momentum, nesterov, ns_steps, lr_scale));

        /// <inheritdoc cref="Muon.Muon(IEnumerable{ValueTuple{string, Parameter}}, Muon.Options?, IProcessGroup?)"/>
        public static Muon Muon(IEnumerable<(string name, Parameter parameter)> parameters, Muon.Options options) =>
            new(parameters, options);

        /// <inheritdoc cref="Muon.Muon(nn.Module, Muon.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="MuonOptions" path="/param"/>
        [OverloadResolutionPriority(1)]
        public static Muon Muon(nn.Module model, double lr = 1e-3, double weight_decay = 0.1, double momentum = 0.95,
            bool nesterov = true, int ns_steps = 5, LrScale lr_scale = LrScale.KellerJordan) =>
            new(model, MuonOptions(lr, weight_decay, momentum, nesterov, ns_steps, lr_scale));

        /// <inheritdoc cref="Muon.Muon(nn.Module, Muon.Options?, IProcessGroup?)"/>
        [OverloadResolutionPriority(1)]
        public static Muon Muon(nn.Module model, Muon.Options options) => new(model, options);

        /// <inheritdoc cref="Muon.Muon(IEnumerable{Muon.ParamGroup}, Muon.Options?, IProcessGroup?)"/>
        /// <inheritdoc cref="MuonOptions" path="/param"/>
        [OverloadResolutionPriority(2)]
        public static Muon Muon(IEnumerable<Muon.ParamGroup> groups, double lr = 1e-3, double weight_decay = 0.1,
            double momentum = 0.95, bool nesterov = true, int ns_steps = 5, LrScale lr_scale = LrScale.KellerJordan) =>
            new(groups, MuonOptions(lr, weight_decay, momentum, nesterov, ns_steps, lr_scale));

        /// <inheritdoc cref="Muon.Muon(IEnumerable{Muon.ParamGroup}, Muon.Options?, IProcessGroup?)"/>
        [OverloadResolutionPriority(2)]
        public static Muon Muon(IEnumerable<Muon.ParamGroup> groups, Muon.Options options) => new(groups, options);
    }

    /// <summary>The options that are arguments of <c>torch.optim.Muon</c>.</summary>
    /// <param name="lr">The learning rate. At least 0.</param>
    /// <param name="weight_decay">Decoupled weight decay: parameters are multiplied by 1 - lr * weight_decay at each step. At
    /// least 0.</param>
    /// <param name="momentum">Momentum mu, in [0, 1].</param>
    /// <param name="nesterov">Whether the gradient's part counts once more after it has entered the momentum.</param>
    /// <param name="ns_steps">Newton-Schulz steps, at least 1, each of (3.4445, -4.7750, 2.0315).</param>
    /// <param name="lr_scale">How the learning rate depends on the shape.</param>
    private static Muon.Options MuonOptions(double lr, double weight_decay, double momentum, bool nesterov, int ns_steps,
        LrScale lr_scale) => new()
    {
        LearningRate = lr,
        weight_decay = weight_decay,
        momentum = momentum,
        nesterov = nesterov,
        ns_steps = ns_steps,
        lr_scale = lr_scale,
    };
}
