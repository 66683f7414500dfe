using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

public partial class HypersphericalDescent
{
    /// <summary>Hyperspherical descent over the given parameters.</summary>
    /// <param name="parameters">Where only tensors are known, a matrix of 10,000 rows or more is taken for an embedding
    /// or an output head; pass named parameters or the module where a vocabulary is smaller.</param>
    /// <param name="lr">Learning rate: the length of a step, the tangent of the angle it turns a weight by.</param>
    /// <param name="momentum">Momentum mu, in [0, 1].</param>
    /// <param name="manifold">Whether a tensor, each of its rows or each of its columns is one unit vector.</param>
    /// <param name="initialize">Whether weights off their manifold are moved there; else they are refused.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>; or a weight is off its
    /// manifold and <paramref name="initialize"/> is false.</exception>
    public HypersphericalDescent(IEnumerable<Parameter> parameters, double lr = 0.1,
        double momentum = 0, Manifold manifold = Manifold.Sphere, bool initialize = true)
        : this(parameters, Options.Of(lr, momentum, manifold, initialize)) { }

    /// <summary>
    /// Hyperspherical descent over named parameters: embeddings and output heads are recognised by name.
    /// </summary>
    /// <inheritdoc cref="HypersphericalDescent(IEnumerable{Parameter}, double, double, Manifold, bool)"/>
    public HypersphericalDescent(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.1,
        double momentum = 0, Manifold manifold = Manifold.Sphere, bool initialize = true)
        : this(parameters, Options.Of(lr, momentum, manifold, initialize)) { }

    /// <summary>
    /// Hyperspherical descent over a model: embeddings are recognised by module type, output heads by name.
    /// </summary>
    /// <param name="model">The model, on the device and in the type it trains in.</param>
    /// <param name="lr">Learning rate: the length of a step, the tangent of the angle it turns a weight by.</param>
    /// <param name="momentum">Momentum mu, in [0, 1].</param>
    /// <param name="manifold">Whether a tensor, each of its rows or each of its columns is one unit vector.</param>
    /// <param name="initialize">Whether weights off their manifold are moved there; else they are refused.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>; or a weight is off its
    /// manifold and <paramref name="initialize"/> is false.</exception>
    public HypersphericalDescent(nn.Module model, double lr = 0.1,
        double momentum = 0, Manifold manifold = Manifold.Sphere, bool initialize = true)
        : this(model, Options.Of(lr, momentum, manifold, initialize)) { }

    /// <summary>
    /// Hyperspherical descent over parameter groups; what a group's options leave null takes the values given here.
    /// </summary>
    /// <inheritdoc cref="HypersphericalDescent(IEnumerable{Parameter}, double, double, Manifold, bool)"/>
    public HypersphericalDescent(IEnumerable<ParamGroup> parameters, double lr = 0.1,
        double momentum = 0, Manifold manifold = Manifold.Sphere, bool initialize = true)
        : this(parameters, Options.Of(lr, momentum, manifold, initialize)) { }

    /// <summary>Hyperspherical descent over the given parameters, with every option.</summary>
    /// <param name="parameters">See the other constructors.</param>
    /// <param name="options">What it leaves null takes the defaults.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>; or a weight is off its
    /// manifold and initialize is false.</exception>
    public HypersphericalDescent(IEnumerable<Parameter> parameters, Options options)
        : this(new[] { new ParamGroup(parameters) }, options) { }

    /// <inheritdoc cref="HypersphericalDescent(IEnumerable{Parameter}, Options)"/>
    public HypersphericalDescent(IEnumerable<(string name, Parameter parameter)> parameters, Options options)
        : this(new[] { new ParamGroup(parameters) }, options) { }

    /// <summary>Hyperspherical descent over a model, with every option.</summary>
    /// <param name="model">The model, on the device and in the type it trains in.</param>
    /// <param name="options">What it leaves null takes the defaults.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>; or a weight is off its
    /// manifold and initialize is false.</exception>
    public HypersphericalDescent(nn.Module model, Options options) : this(new[] { new ParamGroup(model) }, options) { }

    /// <inheritdoc cref="HypersphericalDescent(IEnumerable{Parameter}, Options)"/>
    public HypersphericalDescent(IEnumerable<ParamGroup> parameters, Options options) : base(options.WithDefaults())
    {
        var groups = parameters.ToArray();
        if (groups.Length == 0)
            throw new ArgumentException("HypersphericalDescent got an empty list of groups.", nameof(parameters));
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
