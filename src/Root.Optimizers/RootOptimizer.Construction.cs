using Root.Optimizers.Orthogonalization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public partial class RootOptimizer
{
    /// <summary>ROOT over the given parameters.</summary>
    /// <param name="parameters">Where only tensors are known, a matrix of 10,000 rows or more is taken for an embedding or an
    /// output head; pass named parameters or the module where a vocabulary is smaller.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="weight_decay">Decoupled weight decay.</param>
    /// <param name="momentum">Momentum mu, in [0, 1].</param>
    /// <param name="nesterov">Whether G + mu M takes the place of M.</param>
    /// <param name="ns_steps">Newton-Schulz steps; by default 4 with learned coefficients.</param>
    /// <param name="outlier_quantile">The quantile of |M| beyond which entries are clipped, in (0, 1]; 1 clips nothing.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    public RootOptimizer(IEnumerable<Parameter> parameters, double lr = 1e-3, double weight_decay = 0.1,
        double momentum = 0.95, bool nesterov = true, int? ns_steps = null, double outlier_quantile = 0.9)
        : this(parameters, Options.Of(lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile)) { }

    /// <summary>ROOT over named parameters: embeddings and output heads are recognised by name.</summary>
    /// <inheritdoc cref="RootOptimizer(IEnumerable{Parameter}, double, double, double, bool, int?, double)"/>
    public RootOptimizer(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3,
        double weight_decay = 0.1, double momentum = 0.95, bool nesterov = true, int? ns_steps = null,
        double outlier_quantile = 0.9)
        : this(parameters, Options.Of(lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile)) { }

    /// <summary>ROOT over a model: embeddings are recognised by module type, output heads by name.</summary>
    /// <param name="model">The model, on the device and in the type it trains in.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="weight_decay">Decoupled weight decay.</param>
    /// <param name="momentum">Momentum mu, in [0, 1].</param>
    /// <param name="nesterov">Whether G + mu M takes the place of M.</param>
    /// <param name="ns_steps">Newton-Schulz steps; by default 4 with learned coefficients.</param>
    /// <param name="outlier_quantile">The quantile of |M| beyond which entries are clipped, in (0, 1]; 1 clips nothing.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    public RootOptimizer(nn.Module model, double lr = 1e-3, double weight_decay = 0.1, double momentum = 0.95,
        bool nesterov = true, int? ns_steps = null, double outlier_quantile = 0.9)
        : this(model, Options.Of(lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile)) { }

    /// <summary>ROOT over parameter groups; what a group's options leave null takes the values given here.</summary>
    /// <inheritdoc cref="RootOptimizer(IEnumerable{Parameter}, double, double, double, bool, int?, double)"/>
    public RootOptimizer(IEnumerable<ParamGroup> parameters, double lr = 1e-3, double weight_decay = 0.1,
        double momentum = 0.95, bool nesterov = true, int? ns_steps = null, double outlier_quantile = 0.9)
        : this(parameters, Options.Of(lr, weight_decay, momentum, nesterov, ns_steps, outlier_quantile)) { }

    /// <summary>ROOT over the given parameters, with every option.</summary>
    /// <param name="parameters">See the other constructors.</param>
    /// <param name="options">What it leaves null takes the defaults.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    public RootOptimizer(IEnumerable<Parameter> parameters, Options options) : this(new[] { new ParamGroup(parameters) }, options) { }

    /// <inheritdoc cref="RootOptimizer(IEnumerable{Parameter}, Options)"/>
    public RootOptimizer(IEnumerable<(string name, Parameter parameter)> parameters, Options options)
        : this(new[] { new ParamGroup(parameters) }, options) { }

    /// <summary>ROOT over a model, with every option.</summary>
    /// <param name="model">The model, on the device and in the type it trains in.</param>
    /// <param name="options">What it leaves null takes the defaults.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    public RootOptimizer(nn.Module model, Options options) : this(new[] { new ParamGroup(model) }, options) { }

    /// <inheritdoc cref="RootOptimizer(IEnumerable{Parameter}, Options)"/>
    public RootOptimizer(IEnumerable<ParamGroup> parameters, Options options) : base(options.WithDefaults())
    {
        var groups = parameters.ToArray();
        if (groups.Length == 0) throw new ArgumentException("RootOptimizer got an empty list of groups.", nameof(parameters));
        foreach (var group in groups) add_param_group(group);
    }

    /// <summary>The published algorithm over a model: five steps of the published triples, nothing learned.</summary>
    /// <param name="model">The model, on the device and in the type it trains in.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="weight_decay">Decoupled weight decay.</param>
    public static RootOptimizer Published(nn.Module model, double lr = 1e-3, double weight_decay = 0.1) =>
        new(model, Options.Published(lr, weight_decay));

    /// <summary>The coefficients of the first group, as they are now; <see cref="CoefficientTable.Save"/> writes them as JSON.</summary>
    public CoefficientTable Coefficients => ((Options)Groups[0].Options).coefficients!;

    /// <summary>A group of parameters with options of its own.</summary>
    public sealed class ParamGroup : MatrixParamGroup<Options>
    {
        /// <summary>A group over the given parameters.</summary>
        public ParamGroup(IEnumerable<Parameter> parameters, Options? options = null)
            : base(Candidate.Of(parameters), options) { }

        /// <summary>A group over named parameters: embeddings and output heads are recognised by name.</summary>
        public ParamGroup(IEnumerable<(string name, Parameter parameter)> parameters, Options? options = null)
            : base(Candidate.Of(parameters), options) { }

        /// <summary>A group over a module: embeddings are recognised by module type, output heads by name.</summary>
        public ParamGroup(nn.Module model, Options? options = null) : base(Candidate.Of(model), options) { }
    }
}
