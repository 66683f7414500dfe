using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public static partial class TorchOptim
{
    extension(optim)
    {
        /// <inheritdoc cref="Muon(IEnumerable{Parameter}, double, double, double, bool, int, LrScale)"/>
        public static Muon Muon(IEnumerable<Parameter> parameters, double lr = 1e-3, double weight_decay = 0.1,
            double momentum = 0.95, bool nesterov = true, int ns_steps = 5, LrScale lr_scale = LrScale.KellerJordan) =>
            new(parameters, lr, weight_decay, momentum, nesterov, ns_steps, lr_scale);

        /// <inheritdoc cref="Muon(IEnumerable{ValueTuple{string, Parameter}}, double, double, double, bool, int, LrScale)"/>
        public static Muon Muon(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3,
            double weight_decay = 0.1, double momentum = 0.95, bool nesterov = true, int ns_steps = 5,
            LrScale lr_scale = LrScale.KellerJordan) =>
            new(parameters, lr, weight_decay, momentum, nesterov, ns_steps, lr_scale);

        /// <inheritdoc cref="Muon(nn.Module, double, double, double, bool, int, LrScale)"/>
        public static Muon Muon(nn.Module model, double lr = 1e-3, double weight_decay = 0.1,
            double momentum = 0.95, bool nesterov = true, int ns_steps = 5, LrScale lr_scale = LrScale.KellerJordan) =>
            new(model, lr, weight_decay, momentum, nesterov, ns_steps, lr_scale);

        /// <inheritdoc cref="Muon(IEnumerable{Muon.ParamGroup}, double, double, double, bool, int, LrScale)"/>
        public static Muon Muon(IEnumerable<Muon.ParamGroup> parameters, double lr = 1e-3,
            double weight_decay = 0.1, double momentum = 0.95, bool nesterov = true, int ns_steps = 5,
            LrScale lr_scale = LrScale.KellerJordan) =>
            new(parameters, lr, weight_decay, momentum, nesterov, ns_steps, lr_scale);
    }
}
