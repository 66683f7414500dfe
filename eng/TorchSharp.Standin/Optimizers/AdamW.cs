using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp
{
    using Modules;

    public static partial class torch
    {
        public static partial class optim
        {
            public static AdamW AdamW(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9,
                double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false,
                bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

            public static AdamW AdamW(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3,
                double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0,
                bool amsgrad = false, bool maximize = false) =>
                AdamW(parameters.Select(named => named.parameter), lr, beta1, beta2, eps, weight_decay, amsgrad,
                    maximize);

            public static AdamW AdamW(IEnumerable<AdamW.ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9,
                double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false,
                bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    public class AdamW : OptimizerHelper, IBetas
    {
        public AdamW(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
            double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, beta1, beta2, eps, weight_decay, amsgrad,
                maximize)
        {
        }

        public AdamW(IEnumerable<ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
            double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
        {
            AdamRule.Check(lr, beta1, beta2, eps, weight_decay);
            _defaults = new Options
            {
                LearningRate = lr, InitialLearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps,
                weight_decay = weight_decay, amsgrad = amsgrad, maximize = maximize,
            };
            _parameter_groups = [];
            foreach (var group in parameters) add_param_group(group);
        }

        public (double, double) Betas
        {
            get => (((Options)_defaults).beta1.Value, ((Options)_defaults).beta2.Value);
            set => (((Options)_defaults).beta1, ((Options)_defaults).beta2) = value;
        }

        public override Tensor step(Func<Tensor> closure = null) => _step<ParamGroup>(Step, closure);

        private void Step(ParamGroup group)
        {
            var options = group.Options;
            var rate = options.LearningRate.Value;
            foreach (var param in group.Parameters)
            {
                var state = (State)_state[param.handle];
                var gradient = param.grad;
                if (gradient is null) continue;
                if (options.maximize.Value) gradient = -gradient;
                param.mul_(1 - rate * options.weight_decay.Value);
                AdamRule.Update(param, gradient, ++state.step, state.exp_avg, state.exp_avg_sq,
                    ref state.max_exp_avg_sq, rate, group.Betas, options.eps.Value);
            }
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            foreach (var (_, state) in _state) ((State)state).Dispose();
        }

        public override void add_param_group(Modules.ParamGroup param_group)
        {
            var defaults = (Options)_defaults;
            param_group.Options ??= new Options();
            var options = (Options)param_group.Options;
            options.LearningRate ??= defaults.LearningRate;
            options.beta1 ??= defaults.beta1;
            options.beta2 ??= defaults.beta2;
            options.eps ??= defaults.eps;
            options.weight_decay ??= defaults.weight_decay;
            options.amsgrad ??= defaults.amsgrad;
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
            public long step;
            public Tensor exp_avg;
            public Tensor exp_avg_sq;
            public Tensor max_exp_avg_sq;

            public State(Parameter parameter) : base(parameter)
            {
            }

            public void Dispose()
            {
                exp_avg?.Dispose();
                exp_avg_sq?.Dispose();
                max_exp_avg_sq?.Dispose();
            }

            public override void Initialize(OptimizerOptions options)
            {
                Dispose();
                step = 0;
                exp_avg = zeros_like(_parameter).DetachFromDisposeScope();
                exp_avg_sq = zeros_like(_parameter).DetachFromDisposeScope();
                max_exp_avg_sq = ((Options)options).amsgrad.Value
                    ? zeros_like(_parameter).DetachFromDisposeScope()
                    : null;
            }

            public override void to(Device device)
            {
                exp_avg = exp_avg.to(device);
                exp_avg_sq = exp_avg_sq.to(device);
                max_exp_avg_sq = max_exp_avg_sq?.to(device);
            }

            public override void SaveStateDict(BinaryWriter writer)
            {
                writer.Write(step);
                exp_avg.Save(writer);
                exp_avg_sq.Save(writer);
                SaveConditionalStateTensor(writer, max_exp_avg_sq);
            }

            public override void LoadStateDict(BinaryReader reader)
            {
                step = reader.ReadInt64();
                exp_avg.Load(reader);
                exp_avg_sq.Load(reader);
                LoadConditionalStateTensor(reader, ref max_exp_avg_sq, _parameter.device);
            }

            public override void LoadStateDict(OptimizerState source)
            {
                var other = (State)source;
                Dispose();
                step = other.step;
                exp_avg = other.exp_avg.to(_parameter.device, copy: true);
                exp_avg_sq = other.exp_avg_sq.to(_parameter.device, copy: true);
                max_exp_avg_sq = other.max_exp_avg_sq?.to(_parameter.device, copy: true);
            }

            public override bool ApproximatelyEquals(OptimizerState other) =>
                other is State state && step == state.step &&
                exp_avg.allclose(state.exp_avg) &&
                exp_avg_sq.allclose(state.exp_avg_sq) &&
                (max_exp_avg_sq is null || max_exp_avg_sq.allclose(state.max_exp_avg_sq));
        }

        public class Options : OptimizerOptions
        {
            public double? beta1;
            public double? beta2;
            public double? weight_decay;
            public double? eps;
            public bool? amsgrad;
            public bool? maximize;

            public override void SaveStateDict(BinaryWriter writer)
            {
                base.SaveStateDict(writer);
                writer.Write(beta1.Value);
                writer.Write(beta2.Value);
                writer.Write(eps.Value);
                writer.Write(weight_decay.Value);
                writer.Write(amsgrad.Value);
                writer.Write(maximize.Value);
            }

            public override void LoadStateDict(BinaryReader reader)
            {
                base.LoadStateDict(reader);
                beta1 = reader.ReadDouble();
                beta2 = reader.ReadDouble();
                eps = reader.ReadDouble();
                weight_decay = reader.ReadDouble();
                amsgrad = reader.ReadBoolean();
                maximize = reader.ReadBoolean();
            }

            public override void LoadStateDict(OptimizerOptions source)
            {
                base.LoadStateDict(source);
                var other = (Options)source;
                (beta1, beta2, eps, weight_decay) = (other.beta1, other.beta2, other.eps, other.weight_decay);
                (amsgrad, maximize) = (other.amsgrad, other.maximize);
            }
        }

        public class ParamGroup : ParamGroup<Options>, IBetas
        {
            public ParamGroup()
            {
            }

            public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options)
            {
            }

            public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9,
                double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false,
                bool maximize = false)
                : base(parameters, new Options
                {
                    LearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay,
                    amsgrad = amsgrad, maximize = maximize,
                })
            {
            }

            public (double, double) Betas
            {
                get => (Options.beta1.Value, Options.beta2.Value);
                set => (Options.beta1, Options.beta2) = value;
            }
        }
    }
}
