using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public static partial class TorchOptim
{
    extension(optim)
    {
        /// <summary>Muon over the given parameters.</summary>
        /// <remarks>The arguments are options of <see cref="Muon.Options"/>.</remarks>
        public static Muon Muon(IEnumerable<Parameter> parameters, double lr = 1e-3, double weight_decay = 0.1,
            double momentum = 0.95, bool nesterov = true, int ns_steps = 5, LrScale lr_scale = LrScale.KellerJordan) =>
            new(parameters, MuonOptions(lr, weight_decay, momentum, nesterov, ns_steps, lr_scale));

        /// <summary>The same, with every option.</summary>
        public static Muon Muon(IEnumerable<Parameter> parameters, Muon.Options options) => new(parameters, options);

        /// <summary>Muon over named parameters: embeddings and output heads are recognized by name.</summary>
        /// <remarks>The arguments are options of <see cref="Muon.Options"/>.</remarks>
        public static Muon Muon(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3,
            double weight_decay = 0.1, double momentum = 0.95, bool nesterov = true, int ns_steps = 5,
            LrScale lr_scale = LrScale.KellerJordan) =>
            new(parameters, MuonOptions(lr, weight_decay, momentum, nesterov, ns_steps, lr_scale));

        /// <summary>The same, with every option.</summary>
        public static Muon Muon(IEnumerable<(string name, Parameter parameter)> parameters, Muon.Options options) => new(parameters, options);

        /// <summary>Muon over a model: embeddings are recognized by module type, output heads by name.</summary>
        /// <remarks>The arguments are options of <see cref="Muon.Options"/>.</remarks>
        [OverloadResolutionPriority(1)]
        public static Muon Muon(nn.Module model, double lr = 1e-3, double weight_decay = 0.1, double momentum = 0.95,
            bool nesterov = true, int ns_steps = 5, LrScale lr_scale = LrScale.KellerJordan) =>
            new(model, MuonOptions(lr, weight_decay, momentum, nesterov, ns_steps, lr_scale));

        /// <summary>The same, with every option.</summary>
        [OverloadResolutionPriority(1)]
        public static Muon Muon(nn.Module model, Muon.Options options) => new(model, options);

        /// <summary>Muon over parameter groups.</summary>
        /// <remarks>The arguments are options of <see cref="Muon.Options"/>.</remarks>
        [OverloadResolutionPriority(2)]
        public static Muon Muon(IEnumerable<Muon.ParamGroup> groups, double lr = 1e-3, double weight_decay = 0.1,
            double momentum = 0.95, bool nesterov = true, int ns_steps = 5, LrScale lr_scale = LrScale.KellerJordan) =>
            new(groups, MuonOptions(lr, weight_decay, momentum, nesterov, ns_steps, lr_scale));

        /// <summary>The same, with every option.</summary>
        [OverloadResolutionPriority(2)]
        public static Muon Muon(IEnumerable<Muon.ParamGroup> groups, Muon.Options options) => new(groups, options);
    }

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
