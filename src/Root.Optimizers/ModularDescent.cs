using System.Runtime.CompilerServices;
using Root.Optimizers.Core;
using Root.Optimizers.Core.Routing;
using Root.Optimizers.Modular;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// Steepest descent in the modular norm of a whole network (Large et al., arXiv 2405.14813; Bernstein and Newhouse,
/// arXiv 2410.21265), with momentum: for every atom of a <see cref="ModularBudget"/>
/// <code>
/// M     &lt;- mu M + G
/// U      = dualize(M)                           of norm 1 in the atom's own norm, the one that increases &lt;M, U&gt; most
/// theta &lt;- (1 - lr * share * decay) theta - lr * share * U
/// </code>
/// so that one learning rate serves every layer and, with weights of norm 1 (<see cref="ModularBudget.Initialize"/>),
/// networks of any width and depth. Parameters in no atom go to a built-in AdamW; the budget decides, and
/// <see cref="MatrixOptions.route"/> is not asked.
/// </summary>
public sealed partial class ModularDescent : MatrixOptimizer<ModularDescent.Options>
{
    /// <summary>Over the atoms of a budget alone.</summary>
    /// <param name="budget">What each weight may use.</param>
    /// <param name="options">What they do not set has the default named at the option.</param>
    /// <param name="process_group">The ranks that share the work and the state of every step; null: this process does all.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>.</exception>
    [OverloadResolutionPriority(1)] // of new() { ... }, which could be anything
    public ModularDescent(ModularBudget budget, Options? options = null, IProcessGroup? process_group = null)
        : base([new ParamGroup(budget.Select(s => (s.Atom.ToString(), s.Atom.Weight)))], With(budget, options), process_group) { }

    /// <inheritdoc cref="ModularDescent(ModularBudget, Options?, IProcessGroup?)"/>
    /// <inheritdoc cref="MatrixOptions.With" path="/param[@name='lr']"/>
    public ModularDescent(ModularBudget budget, double lr, Options? options = null, IProcessGroup? process_group = null)
        : this(budget, MatrixOptions.With(options, lr), process_group) { }

    /// <summary>Over a model: atoms by the budget, what is in none by AdamW.</summary>
    /// <param name="model">The model whose weights the budget's atoms are.</param>
    /// <param name="budget">What each weight may use.</param>
    /// <param name="options">What they do not set has the default named at the option.</param>
    /// <param name="process_group">The ranks that share the work and the state of every step; null: this process does all.</param>
    /// <exception cref="ArgumentException">See <see cref="MatrixOptimizer.add_param_group"/>; or the model lacks an
    /// atom's weight.</exception>
    [OverloadResolutionPriority(1)] // of new() { ... }, which could be anything
    public ModularDescent(nn.Module model, ModularBudget budget, Options? options = null, IProcessGroup? process_group = null)
        : base([new ParamGroup(model)], With(budget, options), process_group)
    {
        foreach (var share in budget)
            if (!Slots.OfType<MatrixSlot>().Any(slot => SameTensor.Is(slot.Parameter, share.Atom.Weight)))
                throw new ArgumentException($"The model does not hold the weight of the budget's atom {share.Atom}.",
                    nameof(budget));
    }

    /// <inheritdoc cref="ModularDescent(nn.Module, ModularBudget, Options?, IProcessGroup?)"/>
    /// <inheritdoc cref="MatrixOptions.With" path="/param[@name='lr']"/>
    public ModularDescent(nn.Module model, ModularBudget budget, double lr, Options? options = null, IProcessGroup? process_group = null)
        : this(model, budget, MatrixOptions.With(options, lr), process_group) { }

    private static Options With(ModularBudget budget, Options? options)
    {
        var copy = (Options?)options?.Copy() ?? new();
        copy.budget = budget;
        return copy;
    }

    private protected override RoutedParameter RouteOf(ModelParameter parameter, MatrixOptions options)
    {
        var share = options.budget!.ShareOf(parameter.Parameter);
        return new(parameter.Name, parameter.Parameter.shape, share is null ? Route.AdamW : Route.Matrix,
            share is null ? "in no atom of the budget" : FormattableString.Invariant($"share {share:g3}"));
    }

    /// <summary>The norm of the atom that holds the parameter.</summary>
    protected override object? PlanOf(MatrixPart part, Options options)
    {
        var atom = ((ModularBudget)options.budget!).Find(part.Slot.Parameter)!.Atom;
        var (is_, due) = (options.BatchDimsOf(part.Slot.Routed), atom.BatchDims);
        return is_ == due ? atom.Norm
            : throw new ArgumentException($"{part.Slot.Label} is a {atom.Norm.Kind} atom with {due} dimensions of a batch, and "
                + $"batch_dims says {is_}: set batch_dims, or batch_dims_of, to {due}.");
    }

    private protected override MatrixShape IdleShapeOf(MatrixPart part) =>
        part.Plan is EmbeddingNorm ? new(part.Shape.Rows, 1) : base.IdleShapeOf(part);

    /// <inheritdoc />
    protected override void Update(MatrixBatch batch, Options options)
    {
        var norm = (AtomNorm)batch.Plan!;
        var M = batch.Accumulate(options.momentum, nesterov: false);
        batch.Descend(norm.Dualize(M, batch.TypeFor(options.precision)), options);
    }
}
