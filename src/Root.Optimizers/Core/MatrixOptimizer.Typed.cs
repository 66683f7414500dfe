using System.Runtime.CompilerServices;
using Root.Optimizers.Core;
using Root.Optimizers.Core.Routing;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>The base of every optimizer of matrices: one overrides <see cref="Update"/>.</summary>
/// <typeparam name="TOptions">The optimizer's options.</typeparam>
public abstract class MatrixOptimizer<TOptions> : MatrixOptimizer where TOptions : MatrixOptions, new()
{
    /// <summary>An optimizer over parameter groups.</summary>
    /// <param name="groups">At least one.</param>
    /// <param name="options">What the groups inherit; copied.</param>
    /// <param name="process_group">The ranks that share the work and state of every step; null: this process does all.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    protected MatrixOptimizer(IEnumerable<ParamGroup> groups, TOptions? options, IProcessGroup? process_group = null)
        : base(options?.Copy() ?? new TOptions(), process_group)
    {
        ArgumentNullException.ThrowIfNull(groups);
        var all = groups.ToArray();
        if (all.Length == 0) throw new ArgumentException($"{GetType().Name} got an empty list of groups.", nameof(groups));
        AddGroups(all);
    }

    /// <summary>
    /// One step of a batch: the published algorithm, from gradients to new parameters. Runs without gradient tracking, in a
    /// dispose scope of its own, when everything has been checked.
    /// </summary>
    /// <param name="batch">Equal matrices.</param>
    /// <param name="options">The group's.</param>
    protected abstract void Update(MatrixBatch batch, TOptions options);

    /// <summary>What is kept of every matrix between steps.</summary>
    /// <param name="shape">The matrix's.</param>
    protected virtual IReadOnlyList<StateBuffer> Buffers(MatrixShape shape) => [StateBuffer.Momentum(shape)];

    /// <summary>The same, where it depends on what the group's options are when it is added.</summary>
    /// <param name="shape">The matrix's.</param>
    /// <param name="options">The group's.</param>
    protected virtual IReadOnlyList<StateBuffer> Buffers(MatrixShape shape, TOptions options) => Buffers(shape);

    /// <summary>What is decided for a parameter once, when its group is added; equal plans are updated in one batch.</summary>
    protected virtual object? PlanOf(MatrixPart part, TOptions options) => null;

    private protected sealed override void Step(MatrixBatch batch, MatrixOptions options) => Update(batch, (TOptions)options);

    private protected sealed override IReadOnlyList<StateBuffer> BuffersOf(MatrixShape shape, MatrixOptions options) =>
        Buffers(shape, (TOptions)options);

    private protected sealed override object? Plan(MatrixPart part, MatrixOptions options) => PlanOf(part, (TOptions)options);

    /// <summary>Parameters with options of their own; what those do not set is the optimizer's.</summary>
    public sealed class ParamGroup : ParamGroup<TOptions>, optim.IMomentum, IModelParameters
    {
        private readonly ModelParameter[]? _parameters;

        /// <summary>A group whose Parameters and Options are set afterwards.</summary>
        public ParamGroup()
        {
        }

        /// <summary>A group over the given parameters.</summary>
        /// <param name="parameters">Where only tensors are known, a matrix of 10,000 rows or more is taken for an embedding
        /// or an output head; pass named parameters or the module where a vocabulary is smaller.</param>
        /// <param name="options">What they do not set is taken from the optimizer's; copied.</param>
        public ParamGroup(IEnumerable<Parameter> parameters, TOptions? options = null) : this(ModelParameter.From(parameters), options) { }

        /// <inheritdoc cref="ParamGroup(IEnumerable{Parameter}, TOptions?)"/>
        /// <inheritdoc cref="MatrixOptions.With" path="/param[@name='lr']"/>
        public ParamGroup(IEnumerable<Parameter> parameters, double lr, TOptions? options = null)
            : this(ModelParameter.From(parameters), MatrixOptions.With(options, lr)) { }

        /// <summary>A group over named parameters: embeddings and output heads are recognized by name.</summary>
        /// <param name="parameters">Names and parameters, as <c>model.named_parameters()</c> gives them.</param>
        /// <param name="options">What they do not set is taken from the optimizer's; copied.</param>
        public ParamGroup(IEnumerable<(string name, Parameter parameter)> parameters, TOptions? options = null)
            : this(ModelParameter.From(parameters), options) { }

        /// <inheritdoc cref="ParamGroup(IEnumerable{ValueTuple{string, Parameter}}, TOptions?)"/>
        /// <inheritdoc cref="MatrixOptions.With" path="/param[@name='lr']"/>
        public ParamGroup(IEnumerable<(string name, Parameter parameter)> parameters, double lr, TOptions? options = null)
            : this(ModelParameter.From(parameters), MatrixOptions.With(options, lr)) { }

        /// <summary>A group over a module: embeddings are recognized by module type, output heads by name.</summary>
        /// <param name="model">The module, on the device and in the type it trains in.</param>
        /// <param name="options">What they do not set is taken from the optimizer's; copied.</param>
        [OverloadResolutionPriority(1)] // of a ParameterList, which is a module and a list
        public ParamGroup(nn.Module model, TOptions? options = null) : this(ModelParameter.From(model), options) { }

        /// <inheritdoc cref="ParamGroup(nn.Module, TOptions?)"/>
        /// <inheritdoc cref="MatrixOptions.With" path="/param[@name='lr']"/>
        [OverloadResolutionPriority(1)]
        public ParamGroup(nn.Module model, double lr, TOptions? options = null)
            : this(ModelParameter.From(model), MatrixOptions.With(options, lr)) { }

        private ParamGroup(ModelParameter[] parameters, TOptions? options)
        {
            _parameters = parameters;
            Parameters = parameters.Select(p => p.Parameter).ToArray();
            Options = options!;
        }

        /// <summary>The group's momentum; learning-rate schedulers that cycle momentum set it.</summary>
        public double Momentum { get => Options.momentum; set => Options.momentum = value; }

        ModelParameter[] IModelParameters.ModelParameters => _parameters ?? ModelParameter.From(Parameters ?? []);
    }
}

/// <summary>A group that knows names or modules of its parameters.</summary>
internal interface IModelParameters
{
    ModelParameter[] ModelParameters { get; }
}
