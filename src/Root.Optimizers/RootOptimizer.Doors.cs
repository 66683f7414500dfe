using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public partial class RootOptimizer
{
    /// <summary>Over the given parameters.</summary>
    /// <param name="parameters">Where only tensors are known, a matrix of 10,000 rows or more is taken for an embedding
    /// or an output head; pass named parameters or the module where a vocabulary is smaller.</param>
    /// <param name="options">What they do not set has the default named at the option.</param>
    /// <param name="process_group">The ranks that share the work and the state of every step; null: this process does all.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    [OverloadResolutionPriority(1)] // of new() { ... }, which could be anything
    public RootOptimizer(IEnumerable<Parameter> parameters, Options? options = null, IProcessGroup? process_group = null)
        : this([new ParamGroup(parameters)], options, process_group) { }

    /// <inheritdoc cref="RootOptimizer(IEnumerable{Parameter}, Options?, IProcessGroup?)"/>
    /// <inheritdoc cref="MatrixOptions.With" path="/param[@name='lr']"/>
    public RootOptimizer(IEnumerable<Parameter> parameters, double lr, Options? options = null, IProcessGroup? process_group = null)
        : this(parameters, MatrixOptions.With(options, lr), process_group) { }

    /// <summary>Over named parameters: embeddings and output heads are recognized by name.</summary>
    /// <param name="parameters">Names and parameters, as <c>model.named_parameters()</c> gives them.</param>
    /// <param name="options">What they do not set has the default named at the option.</param>
    /// <param name="process_group">The ranks that share the work and the state of every step; null: this process does all.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    [OverloadResolutionPriority(1)] // of new() { ... }, which could be anything
    public RootOptimizer(IEnumerable<(string name, Parameter parameter)> parameters,
        Options? options = null, IProcessGroup? process_group = null) : this([new ParamGroup(parameters)], options, process_group) { }

    /// <inheritdoc cref="RootOptimizer(IEnumerable{ValueTuple{string, Parameter}}, Options?, IProcessGroup?)"/>
    /// <inheritdoc cref="MatrixOptions.With" path="/param[@name='lr']"/>
    public RootOptimizer(IEnumerable<(string name, Parameter parameter)> parameters, double lr,
        Options? options = null, IProcessGroup? process_group = null) : this(parameters, MatrixOptions.With(options, lr), process_group) { }

    /// <summary>Over a model: embeddings are recognized by module type, output heads by name.</summary>
    /// <param name="model">The model, on the device and in the type it trains in.</param>
    /// <param name="options">What they do not set has the default named at the option.</param>
    /// <param name="process_group">The ranks that share the work and the state of every step; null: this process does all.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    [OverloadResolutionPriority(3)] // of a ParameterList, and of new() { ... }
    public RootOptimizer(nn.Module model, Options? options = null, IProcessGroup? process_group = null)
        : this([new ParamGroup(model)], options, process_group) { }

    /// <inheritdoc cref="RootOptimizer(nn.Module, Options?, IProcessGroup?)"/>
    /// <inheritdoc cref="MatrixOptions.With" path="/param[@name='lr']"/>
    [OverloadResolutionPriority(2)] // of a ParameterList, which is a module and a list
    public RootOptimizer(nn.Module model, double lr, Options? options = null, IProcessGroup? process_group = null)
        : this(model, MatrixOptions.With(options, lr), process_group) { }

    /// <summary>Over parameter groups, each with options of its own.</summary>
    /// <param name="groups">At least one; what their options do not set is the optimizer's.</param>
    /// <param name="options">What they do not set has the default named at the option.</param>
    /// <param name="process_group">The ranks that share the work and the state of every step; null: this process does all.</param>
    /// <exception cref="ArgumentException">No groups; or see <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    [OverloadResolutionPriority(5)] // of [new(...)], and of new() { ... }
    public RootOptimizer(IEnumerable<ParamGroup> groups, Options? options = null, IProcessGroup? process_group = null)
        : base(groups, options, process_group) { }

    /// <inheritdoc cref="RootOptimizer(IEnumerable{ParamGroup}, Options?, IProcessGroup?)"/>
    /// <inheritdoc cref="MatrixOptions.With" path="/param[@name='lr']"/>
    [OverloadResolutionPriority(4)] // of [new(...)], which could be anything
    public RootOptimizer(IEnumerable<ParamGroup> groups, double lr, Options? options = null, IProcessGroup? process_group = null)
        : this(groups, MatrixOptions.With(options, lr), process_group) { }
}
