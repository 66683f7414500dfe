using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        /// <summary>
        /// The root of all optimizers. Those written in C# derive from <see cref="OptimizerHelper"/>; TorchSharp
        /// leaves what is not overridden to a native optimizer, of which the stand-in has none.
        /// </summary>
        public abstract partial class Optimizer : IDisposable
        {
            protected IList<ParamGroup> _parameter_groups;

            protected Optimizer(IntPtr handle)
            {
            }

            ~Optimizer() => Dispose(false);

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
            }

            public virtual IEnumerable<ILearningRateController> ParamGroups => _parameter_groups;

            public virtual void zero_grad() => throw NoNativeOptimizer();

            public virtual Tensor step(Func<Tensor> closure = null) => throw NoNativeOptimizer();

            public virtual IEnumerable<Parameter> parameters() => throw NoNativeOptimizer();

            public virtual void add_param_group(ParamGroup param_group) =>
                throw new NotImplementedException(nameof(add_param_group));

            private static InvalidOperationException NoNativeOptimizer() =>
                new("There is no native optimizer behind this one: derive from OptimizerHelper.");

            /// <summary>Options by group, state by parameter, and which states belong to which group.</summary>
            public class StateDictionary
            {
                internal StateDictionary()
                {
                }

                public List<OptimizerOptions> Options { get; private set; } = [];

                public List<OptimizerState> State { get; private set; } = [];

                public List<List<int>> StateIndexRef { get; private set; } = [];
            }
        }

        public interface ILearningRateController
        {
            double LearningRate { set; get; }

            double InitialLearningRate { set; get; }
        }

        public interface IMomentum
        {
            double Momentum { get; set; }
        }

        public interface IBetas
        {
            (double, double) Betas { get; set; }
        }
    }
}
