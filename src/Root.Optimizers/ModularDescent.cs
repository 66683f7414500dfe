using Root.Optimizers.Modular;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// Steepest descent in the modular norm of a whole network (Large et al., arXiv 2405.14813; Bernstein and Newhouse,
/// arXiv 2410.21265), with momentum: for every atom of a <see cref="ModularBudget"/>
/// <code>
/// M     &lt;- mu M + G
/// U      = dualize(M)                           the update of norm 1 in the atom's own norm that increases &lt;M,
/// U&gt; most
/// theta &lt;- (1 - lr * share * decay) theta - lr * share * U
/// </code>
/// so that one learning rate serves every layer and, with weights of norm 1 (<see cref="ModularBudget.Initialize"/>),
/// networks of any width and depth. Parameters in no atom go to a built-in AdamW; the budget decides, and
/// <see cref="MatrixOptions.route"/> is not asked.
/// </summary>
public sealed partial class ModularDescent : MatrixOptimizer
{
    private readonly ModularBudget _budget;
    private readonly Dictionary<Entry, AtomNorm> _atoms = [];

    /// <summary>Over the atoms of a budget alone.</summary>
    /// <param name="budget">What each weight may use.</param>
    /// <param name="lr">Learning rate: by how much at most a step moves the network's output, to first order.</param>
    /// <param name="momentum">Momentum mu, in [0, 1].</param>
    /// <param name="weight_decay">Decoupled weight decay, scaled by the share as the learning rate is.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    public ModularDescent(ModularBudget budget, double lr = 0.1, double momentum = 0.9, double weight_decay = 0)
        : this(budget, Options.Of(lr, momentum, weight_decay)) { }

    /// <summary>Over a model: atoms by the budget, what is in none by AdamW.</summary>
    /// <param name="model">The model whose weights the budget's atoms are.</param>
    /// <param name="budget">What each weight may use.</param>
    /// <param name="lr">Learning rate: by how much at most a step moves the network's output, to first order.</param>
    /// <param name="momentum">Momentum mu, in [0, 1].</param>
    /// <param name="weight_decay">Decoupled weight decay, scaled by the share as the learning rate is.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>; or the model lacks an
    /// atom's weight.</exception>
    public ModularDescent(nn.Module model, ModularBudget budget, double lr = 0.1, double momentum = 0.9,
        double weight_decay = 0)
        : this(model, budget, Options.Of(lr, momentum, weight_decay)) { }

    /// <summary>Over the atoms of a budget alone, with every option.</summary>
    /// <param name="budget">What each weight may use.</param>
    /// <param name="options">What it leaves null takes the defaults.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    public ModularDescent(ModularBudget budget, Options options)
        : this(budget, options, new ParamGroup(budget.Select(s => (s.Atom.ToString(), s.Atom.Weight)))) { }

    /// <summary>Over a model, with every option.</summary>
    /// <param name="model">The model whose weights the budget's atoms are.</param>
    /// <param name="budget">What each weight may use.</param>
    /// <param name="options">What it leaves null takes the defaults.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>; or the model lacks an
    /// atom's weight.</exception>
    public ModularDescent(nn.Module model, ModularBudget budget, Options options)
        : this(budget, options, new ParamGroup(model))
    {
        foreach (var share in budget)
            if (!_atoms.Keys.Any(entry => Candidate.IsSame(entry.Parameter, share.Atom.Weight)))
                throw new ArgumentException($"The model does not hold the weight of the budget's atom {share.Atom}.",
                    nameof(budget));
    }

    private ModularDescent(ModularBudget budget, Options options, ParamGroup group) : base(options.WithDefaults())
    {
        _budget = budget;
        add_param_group(group);
    }

    private protected override RoutedParameter Decide(Candidate candidate, MatrixOptions options)
    {
        var share = candidate.Parameter is { IsInvalid: false } parameter ? _budget.Of(parameter) : null;
        return new(candidate.Name, candidate.Parameter.shape, share is null ? Route.AdamW : Route.Matrix,
            share is null ? "in no atom of the budget" : FormattableString.Invariant($"share {share.Share:g3}"));
    }

    private protected override void Admit(IReadOnlyList<Entry> entries, MatrixOptions options)
    {
        foreach (var entry in entries)
            if (_budget.Of(entry.Parameter) is { } share)
                (_atoms[entry], entry.Share) = (share.Atom.Norm, share.Share);
    }

    private protected override void Update(MatrixBatch batch, MatrixOptions groupOptions)
    {
        var options = (Options)groupOptions;
        foreach (var (norm, part) in batch.By(entry => _atoms[entry]))
        {
            var M = part.Accumulate(options.momentum!.Value, nesterov: false);
            var U = norm.Dualize(M, options.precision!.Value.Resolve(part));
            part.Descend(U, options.LearningRate!.Value, 1, options.weight_decay!.Value, options.cautious == true);
        }
    }

    /// <summary>Parameters with options of their own.</summary>
    public sealed class ParamGroup : MatrixParamGroup<Options>
    {
        /// <summary>A group over named parameters.</summary>
        public ParamGroup(IEnumerable<(string name, Parameter parameter)> parameters, Options? options = null)
            : base(Candidate.Of(parameters), options) { }

        /// <summary>A group over a module.</summary>
        public ParamGroup(nn.Module model, Options? options = null) : base(Candidate.Of(model), options) { }
    }
}
