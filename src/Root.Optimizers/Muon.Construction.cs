using Root.Optimizers.Orthogonalization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public partial class Muon
{
    /// <summary>Muon over the given parameters.</summary>
    /// <param name="parameters">Where only tensors are known, a matrix of 10,000 rows or more is taken for an embedding or an
    /// output head; pass named parameters or the module where a vocabulary is smaller.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="weight_decay">Decoupled weight decay.</param>
    /// <param name="momentum">Momentum mu, in [0, 1].</param>
    /// <param name="nesterov">Whether mu M + (1 - mu) G of the new M takes the place of M.</param>
    /// <param name="ns_steps">Newton-Schulz steps of (3.4445, -4.7750, 2.0315), at least 1.</param>
    /// <param name="lr_scale">How the learning rate depends on the shape.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    public Muon(IEnumerable<Parameter> parameters, double lr = 1e-3, double weight_decay = 0.1,
        double momentum = 0.95, bool nesterov = true, int ns_steps = 5, LrScale lr_scale = LrScale.KellerJordan)
        : this(parameters, Options.Of(lr, weight_decay, momentum, nesterov, ns_steps, lr_scale)) { }

    /// <summary>Muon over named parameters: embeddings and output heads are recognised by name.</summary>
    /// <inheritdoc cref="Muon(IEnumerable{Parameter}, double, double, double, bool, int, LrScale)"/>
    public Muon(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3,
        double weight_decay = 0.1, double momentum = 0.95, bool nesterov = true, int ns_steps = 5,
        LrScale lr_scale = LrScale.KellerJordan)
        : this(parameters, Options.Of(lr, weight_decay, momentum, nesterov, ns_steps, lr_scale)) { }

    /// <summary>Muon over a model: embeddings are recognised by module type, output heads by name.</summary>
    /// <param name="model">The model, on the device and in the type it trains in.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="weight_decay">Decoupled weight decay.</param>
    /// <param name="momentum">Momentum mu, in [0, 1].</param>
    /// <param name="nesterov">Whether mu M + (1 - mu) G of the new M takes the place of M.</param>
    /// <param name="ns_steps">Newton-Schulz steps of (3.4445, -4.7750, 2.0315), at least 1.</param>
    /// <param name="lr_scale">How the learning rate depends on the shape.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    public Muon(nn.Module model, double lr = 1e-3, double weight_decay = 0.1, double momentum = 0.95,
        bool nesterov = true, int ns_steps = 5, LrScale lr_scale = LrScale.KellerJordan)
        : this(model, Options.Of(lr, weight_decay, momentum, nesterov, ns_steps, lr_scale)) { }

    /// <summary>Muon over parameter groups; what a group's options leave null takes the values given here.</summary>
    /// <inheritdoc cref="Muon(IEnumerable{Parameter}, double, double, double, bool, int, LrScale)"/>
    public Muon(IEnumerable<ParamGroup> parameters, double lr = 1e-3, double weight_decay = 0.1,
        double momentum = 0.95, bool nesterov = true, int ns_steps = 5, LrScale lr_scale = LrScale.KellerJordan)
        : this(parameters, Options.Of(lr, weight_decay, momentum, nesterov, ns_steps, lr_scale)) { }

    /// <summary>Muon over the given parameters, with every option.</summary>
    /// <param name="parameters">See the other constructors.</param>
    /// <param name="options">What it leaves null takes the defaults.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    public Muon(IEnumerable<Parameter> parameters, Options options) : this(new[] { new ParamGroup(parameters) }, options) { }

    /// <inheritdoc cref="Muon(IEnumerable{Parameter}, Options)"/>
    public Muon(IEnumerable<(string name, Parameter parameter)> parameters, Options options)
        : this(new[] { new ParamGroup(parameters) }, options) { }

    /// <summary>Muon over a model, with every option.</summary>
    /// <param name="model">The model, on the device and in the type it trains in.</param>
    /// <param name="options">What it leaves null takes the defaults.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    public Muon(nn.Module model, Options options) : this(new[] { new ParamGroup(model) }, options) { }

    /// <inheritdoc cref="Muon(IEnumerable{Parameter}, Options)"/>
    public Muon(IEnumerable<ParamGroup> parameters, Options options) : base(options.WithDefaults())
    {
        var groups = parameters.ToArray();
        if (groups.Length == 0) throw new ArgumentException("Muon got an empty list of groups.", nameof(parameters));
        foreach (var group in groups) add_param_group(group);
    }

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
