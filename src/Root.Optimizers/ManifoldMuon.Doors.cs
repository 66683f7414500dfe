using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public partial class ManifoldMuon
{
    /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{Parameter}, RootOptimizer.Options?)"/>
    public ManifoldMuon(IEnumerable<Parameter> parameters, Options? options = null)
        : this([new ParamGroup(parameters)], options) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{Parameter}, double, RootOptimizer.Options?)"/>
    public ManifoldMuon(IEnumerable<Parameter> parameters, double lr, Options? options = null)
        : this(parameters, MatrixOptions.With(options, lr)) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{ValueTuple{string, Parameter}}, RootOptimizer.Options?)"/>
    public ManifoldMuon(IEnumerable<(string name, Parameter parameter)> parameters, Options? options = null)
        : this([new ParamGroup(parameters)], options) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{ValueTuple{string, Parameter}}, double, RootOptimizer.Options?)"/>
    public ManifoldMuon(IEnumerable<(string name, Parameter parameter)> parameters, double lr, Options? options = null)
        : this(parameters, MatrixOptions.With(options, lr)) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(nn.Module, RootOptimizer.Options?)"/>
    [OverloadResolutionPriority(1)] // of a ParameterList, which is a module and a list
    public ManifoldMuon(nn.Module model, Options? options = null) : this([new ParamGroup(model)], options) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(nn.Module, double, RootOptimizer.Options?)"/>
    [OverloadResolutionPriority(1)]
    public ManifoldMuon(nn.Module model, double lr, Options? options = null) : this(model, MatrixOptions.With(options, lr)) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{RootOptimizer.ParamGroup}, RootOptimizer.Options?)"/>
    [OverloadResolutionPriority(2)] // of [new(...)], which could be anything
    public ManifoldMuon(IEnumerable<ParamGroup> groups, Options? options = null) : base(groups, options) { }

    /// <inheritdoc cref="RootOptimizer.RootOptimizer(IEnumerable{RootOptimizer.ParamGroup}, double, RootOptimizer.Options?)"/>
    [OverloadResolutionPriority(2)]
    public ManifoldMuon(IEnumerable<ParamGroup> groups, double lr, Options? options = null)
        : this(groups, MatrixOptions.With(options, lr)) { }
}
