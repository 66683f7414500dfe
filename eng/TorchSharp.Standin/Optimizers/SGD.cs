using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp
{
    using Modules;

    public static partial class torch
    {
        public static partial class optim
        {
            public static SGD SGD(IEnumerable<Parameter> parameters, double learningRate, double momentum = 0,
                double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false) =>
                new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);

            public static SGD SGD(IEnumerable<(string name, Parameter parameter)> parameters, double learningRate,
                double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false,
                bool maximize = false) =>
                SGD(parameters.Select(named => named.parameter), learningRate, momentum, dampening, weight_decay,
                    nesterov, maximize);

            public static SGD SGD(IEnumerable<SGD.ParamGroup> parameters, double learningRate, double momentum = 0.0,
                double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false) =>
                new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    public class SGD : OptimizerHelper, IMomentum
    {
        public SGD(IEnumerable<Parameter> parameters, double lr, double momentum = 0.0, double dampening = 0,
            double weight_decay = 0, bool nesterov = false, bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, momentum, dampening, weight_decay, nesterov,
                maximize)
        {
        }

        public SGD(IEnumerable<ParamGroup> parameters, double lr, double momentum = 0.0, double dampening = 0,
            double weight_decay = 0, bool nesterov = false, bool maximize = false)
        {
            if (lr < 0) throw new ArgumentException($"Invalid learning rate: {lr}");
            if (momentum < 0) throw new ArgumentException($"Invalid momentum value: {momentum}");
            if (weight_decay < 0) throw new ArgumentException($"Invalid weight_decay value: {weight_decay}");
            if (nesterov && (momentum <= 0 || dampening != 0))
                throw new ArgumentException("Nesterov momentum needs a momentum, and no dampening.");
            _defaults = new Options
            {
                LearningRate = lr, InitialLearningRate = lr, momentum = momentum, dampening = dampening,
                weight_decay = weight_decay, nesterov = nesterov, maximize = maximize,
            };
            _parameter_groups = [];
            foreach (var group in parameters) add_param_group(group);
        }

        public double Momentum
        {
            get => ((Options)_defaults).momentum.Value;
            set => ((Options)_defaults).momentum = value;
        }

        public override Tensor step(Func<Tensor> closure = null) => _step<ParamGroup>(Step, closure);

        private void Step(ParamGroup group)
        {
            var options = group.Options;
            var rate = options.LearningRate.Value;
            foreach (var param in group.Parameters)
            {
                var state = (State)_state[param.handle];
                var direction = param.grad;
                if (direction is null) continue;
                if (options.weight_decay.Value != 0)
                    direction = direction.add(param, alpha: options.weight_decay.Value);
                if (options.momentum.Value != 0) direction = WithMomentum(direction, state, options);
                param.add_(direction, alpha: options.maximize.Value ? rate : -rate);
            }
        }

        private static Tensor WithMomentum(Tensor gradient, State state, Options options)
        {
            var momentum = options.momentum.Value;
            if (state.momentum_buffer is null)
                state.momentum_buffer = gradient.clone().detach().DetachFromDisposeScope();
            else
                state.momentum_buffer.mul_(momentum).add_(gradient, alpha: 1 - options.dampening.Value);
            return options.nesterov.Value
                ? gradient.add(state.momentum_buffer, alpha: momentum)
                : state.momentum_buffer;
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            foreach (var (_, state) in _state) ((State)state).Dispose();
            _state.Clear();
        }

        public override void add_param_group(Modules.ParamGroup param_group)
        {
            var defaults = (Options)_defaults;
            param_group.Options ??= new Options();
            var options = (Options)param_group.Options;
            options.LearningRate ??= defaults.LearningRate;
            options.momentum ??= defaults.momentum;
            options.dampening ??= defaults.dampening;
            options.weight_decay ??= defaults.weight_decay;
            options.nesterov ??= defaults.nesterov;
            options.maximize ??= defaults.maximize;
            options.InitialLearningRate = options.LearningRate.Value;
            _parameter_groups.Add(param_group);
            foreach (var parameter in param_group.Parameters)
            {
                var state = new State(parameter);
                _state[parameter.Handle] = state;
                state.Initialize(options);
            }
        }

        public sealed class State : OptimizerState, IDisposable
        {
            public Tensor momentum_buffer;

            public State(Parameter parameter) : base(parameter)
            {
            }

            public void Dispose() => momentum_buffer?.Dispose();

            public override void Initialize(OptimizerOptions options)
            {
                momentum_buffer?.Dispose();
                momentum_buffer = null;
            }

            public override void to(Device device) => momentum_buffer = momentum_buffer?.to(device);

            public override void SaveStateDict(BinaryWriter writer) =>
                SaveConditionalStateTensor(writer, momentum_buffer);

            public override void LoadStateDict(BinaryReader reader) =>
                LoadConditionalStateTensor(reader, ref momentum_buffer, _parameter.device);

            public override void LoadStateDict(OptimizerState source)
            {
                momentum_buffer?.Dispose();
                momentum_buffer = ((State)source).momentum_buffer.to(_parameter.device, copy: true);
            }

            public override bool ApproximatelyEquals(OptimizerState other) =>
                other is State state && (momentum_buffer is null || momentum_buffer.allclose(state.momentum_buffer));
        }

        public class Options : OptimizerOptions
        {
            public double? momentum;
            public double? dampening;
            public double? weight_decay;
            public bool? nesterov;
            public bool? maximize;

            public override void SaveStateDict(BinaryWriter writer)
            {
                base.SaveStateDict(writer);
                writer.Write(momentum.Value);
                writer.Write(dampening.Value);
                writer.Write(weight_decay.Value);
                writer.Write(nesterov.Value);
                writer.Write(maximize.Value);
            }

            public override void LoadStateDict(BinaryReader reader)
            {
                base.LoadStateDict(reader);
                momentum = reader.ReadDouble();
                dampening = reader.ReadDouble();
                weight_decay = reader.ReadDouble();
                nesterov = reader.ReadBoolean();
                maximize = reader.ReadBoolean();
            }

            public override void LoadStateDict(OptimizerOptions source)
            {
                base.LoadStateDict(source);
                var other = (Options)source;
                (momentum, dampening, weight_decay) = (other.momentum, other.dampening, other.weight_decay);
                (nesterov, maximize) = (other.nesterov, other.maximize);
            }
        }

        public class ParamGroup : ParamGroup<Options>, IMomentum
        {
            public ParamGroup()
            {
            }

            public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options)
            {
            }

            public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1e-3, double momentum = 0.0,
                double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
                : base(parameters, new Options
                {
                    LearningRate = lr, momentum = momentum, dampening = dampening, weight_decay = weight_decay,
                    nesterov = nesterov, maximize = maximize,
                })
            {
            }

            public double Momentum
            {
                get => Options.momentum.Value;
                set => Options.momentum = value;
            }
        }
    }
}
