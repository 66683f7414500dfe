using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public partial class ManifoldMuon
{
    /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{Parameter}, RootOptimizer.Options?, IProcessGroup?)"/>
    [OverloadResolutionPriority(1)] // of new() { ... }, which could be anything
    public ManifoldMuon(IEnumerable<Parameter> parameters, Options? options = null, IProcessGroup? process_group = null)
        : this([new ParamGroup(parameters)], options, process_group) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{Parameter}, double, RootOptimizer.Options?, IProcessGroup?)"/>
    public ManifoldMuon(IEnumerable<Parameter> parameters, double lr, Options? options = null, IProcessGroup? process_group = null)
        : this(parameters, MatrixOptions.With(options, lr), process_group) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{ValueTuple{string, Parameter}}, RootOptimizer.Options?, IProcessGroup?)"/>
    [OverloadResolutionPriority(1)] // of new() { ... }, which could be anything
    public ManifoldMuon(IEnumerable<(string name, Parameter parameter)> parameters,
        Options? options = null, IProcessGroup? process_group = null) : this([new ParamGroup(parameters)], options, process_group) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{ValueTuple{string, Parameter}}, double, RootOptimizer.Options?, IProcessGroup?)"/>
    public ManifoldMuon(IEnumerable<(string name, Parameter parameter)> parameters, double lr,
        Options? options = null, IProcessGroup? process_group = null) : this(parameters, MatrixOptions.With(options, lr), process_group) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(nn.Module, RootOptimizer.Options?, IProcessGroup?)"/>
    [OverloadResolutionPriority(3)] // of a ParameterList, and of new() { ... }
    public ManifoldMuon(nn.Module model, Options? options = null, IProcessGroup? process_group = null)
        : this([new ParamGroup(model)], options, process_group) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(nn.Module, double, RootOptimizer.Options?, IProcessGroup?)"/>
    [OverloadResolutionPriority(2)] // of a ParameterList, which is a module and a list
    public ManifoldMuon(nn.Module model, double lr, Options? options = null, IProcessGroup? process_group = null)
        : this(model, MatrixOptions.With(options, lr), process_group) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{RootOptimizer.ParamGroup}, RootOptimizer.Options?, IProcessGroup?)"/>
    [OverloadResolutionPriority(5)] // of [new(...)], and of new() { ... }
    public ManifoldMuon(IEnumerable<ParamGroup> groups, Options? options = null, IProcessGroup? process_group = null)
        : base(groups, options, process_group) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{RootOptimizer.ParamGroup}, double, RootOptimizer.Options?, IProcessGroup?)"/>
    [OverloadResolutionPriority(4)] // of [new(...)], which could be anything
    public ManifoldMuon(IEnumerable<ParamGroup> groups, double lr, Options? options = null, IProcessGroup? process_group = null)
        : this(groups, MatrixOptions.With(options, lr), process_group) { }
}
