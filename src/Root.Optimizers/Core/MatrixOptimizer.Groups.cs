using Root.Optimizers.Core;
using Root.Optimizers.Core.Ranks;
using Root.Optimizers.Core.Routing;
using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

// Groups: checked, routed and adopted, all of them or none.
public abstract partial class MatrixOptimizer
{
    /// <summary>Adds a group. What its options do not set it takes from the optimizer's.</summary>
    /// <param name="param_group">A group whose Options are null or of this optimizer's type; they are copied.</param>
    /// <exception cref="ArgumentException">No parameters; a parameter that is in the optimizer already, is complex, integer, sparse
    /// or expanded, shares memory with another, or has been disposed; a group of another optimizer; an option out of range; on
    /// manifolds, a weight off its own where initialize is false. The optimizer and the weights are not changed, but that in a group of
    /// ranks, where weights are looked at when all have rank 0's, they may be those by then.</exception>
    /// <exception cref="InvalidOperationException">In a group of ranks: they differ in shapes, types, routes or options; the message names
    /// the first difference, on all of them.</exception>
    /// <remarks>In a group of ranks all of them add it, and its parameters become rank 0's.</remarks>
    public override void add_param_group(ParamGroup param_group) => AddGroups([param_group]);

    /// <summary>Adds all of the groups, or none.</summary>
    private protected void AddGroups(IReadOnlyList<ParamGroup> groups)
    {
        using var call = Enter();
        using var scope = NewDisposeScope(); // of what is prepared
        var (added, then, plan) = (new List<Group>(), new List<Action?>(), (ShardPlan?)null);
        try
        {
            OnEveryRank(() =>
            {
                CheckNotReplaced();
                foreach (var group in groups)
                {
                    ArgumentNullException.ThrowIfNull(group);
                    added.Add(Admit(group, Adopt(group, isNew: true), added));
                }
            });
            if (_shards is not null)
            {
                plan = _shards.Plan(added);
                SameModel.Check(_shards.Messages, SameModel.Describe($"{GetType().Name} of {_groups.Count} groups", added,
                    group => group.Adopted));
                SameModel.Broadcast(_shards.Group, added.SelectMany(group => group.Slots));
            }
            OnEveryRank(() =>
            {
                foreach (var slot in added.SelectMany(group => group.Slots).Where(slot => slot.IsOwn))
                    slot.Kept.Allocate((slot as VectorSlot)?.Cut?.Length);
                then.AddRange(added.Select(group => Prepare([.. group.Parts], group.Adopted)));
            });
            OnEveryRank(() =>
            {
                foreach (var action in then) action?.Invoke();
            });
        }
        catch
        {
            foreach (var slot in added.SelectMany(group => group.Slots)) slot.Kept.Dispose();
            throw;
        }
        if (plan is not null) _shards!.Take(plan);
        foreach (var group in added)
        {
            group.Public.Options = group.Adopted;
            group.Public.Parameters = group.Slots.Select(slot => slot.Parameter).ToArray();
            _parameter_groups.Add(group.Public);
            _groups.Add(group);
            foreach (var slot in group.Slots) _state[slot.Parameter.Handle] = slot.Kept;
        }
    }

    /// <summary>A group's parameters, checked and routed.</summary>
    private Group Admit(ParamGroup group, MatrixOptions options, IEnumerable<Group> added)
    {
        var parameters = (group as IModelParameters)?.ModelParameters ?? ModelParameter.From(group.Parameters ?? []);
        if (parameters.Length == 0)
            throw new ArgumentException($"{GetType().Name} got an empty parameter list.", nameof(group));
        var held = Slots.Concat(added.SelectMany(g => g.Slots)).Select(slot => slot.Parameter).ToArray();
        var (heldAlike, alike) = (held.ToLookup(SameTensor.Key), new Dictionary<(ScalarType, string), List<Parameter>>());
        foreach (var parameter in parameters) CheckParameter(parameter, heldAlike, alike);
        if (Overlap.Find(held.Concat(parameters.Select(p => p.Parameter))) is var (one, other))
            throw new ArgumentException($"Two parameters of shapes {one.shape.Text()} and {other.shape.Text()} share memory, and a step "
                + "would change it twice. Give the optimizer the tensor that they are views of.");

        var routed = parameters.Select(p => RouteOf(p, options)).ToArray();
        Slot[] slots = [.. parameters.Zip(routed, (parameter, where) => where.Route == Route.Matrix
            ? (Slot)new MatrixSlot(parameter.Parameter, where, options, shape => BuffersOf(shape, options))
            : new VectorSlot(parameter.Parameter, where, options.master_weights))];
        foreach (var slot in slots.OfType<MatrixSlot>())
        {
            slot.Share = ShareOf(slot, options.budget);
            foreach (var part in slot.Parts)
            {
                part.Plan = Plan(part, options);
                part.IdleShape = IdleShapeOf(part);
            }
            slot.State.CountIdle(slot);
        }
        var result = new Group(group, slots, options);
        options.CheckRates(result.Parts);
        return result;
    }

    /// <summary>A group's options, which belong to this optimizer: a checked copy of those that it came with.</summary>
    private MatrixOptions Adopt(ParamGroup group, bool isNew = false)
    {
        if (isNew && group.Options is MatrixOptions { Owner: not null })
            throw new ArgumentException($"{GetType().Name} got a parameter group that belongs to an optimizer already; make a group of its "
                + "own for each optimizer.", nameof(group));
        if (group.Options is not null && group.Options.GetType() != Own.GetType())
            throw new ArgumentException(
                $"{GetType().Name} got a parameter group with options of type {group.Options.GetType()}; "
                + $"they must be of type {Own.GetType()}.", nameof(group));
        var options = ((group.Options as MatrixOptions) ?? (MatrixOptions)Activator.CreateInstance(Own.GetType())!).CopyFor(this, Own);
        options.Validate();
        return options;
    }

    private static double ShareOf(MatrixSlot slot, ILearningRateShares? budget) => budget is null ? 1
        : budget.ShareOf(slot.Parameter) ?? throw new ArgumentException(
            $"{slot.Label} is on the matrix route, and the budget has no share for it.", nameof(budget));

    private static void CheckParameter(ModelParameter known, ILookup<(ScalarType, string), Parameter> held,
        Dictionary<(ScalarType, string), List<Parameter>> added)
    {
        var parameter = known.Parameter ?? throw new ArgumentException("The parameter list holds a null.");
        if (parameter.IsInvalid)
            throw new ArgumentException($"The parameter '{known.Name}' has been disposed or replaced; "
                + "call model.to(...) before you list its parameters.");
        var label = Slot.Describe(known.Name, parameter.shape);
        if (!parameter.is_floating_point())
            throw new ArgumentException($"{label} is of type {parameter.dtype}; only floating-point parameters can be optimized.");
        if (Overlap.IsExpanded(parameter))
            throw new ArgumentException($"{label} is expanded: several of its entries are one, and a step cannot write them. Give the "
                + "optimizer the tensor before expand(...), or a clone.");
        if (parameter.is_sparse) throw new ArgumentException($"{label} is sparse; only dense parameters can be optimized.");
        var key = SameTensor.Key(parameter);
        if (!added.TryGetValue(key, out var alike)) added[key] = alike = [];
        if (held[key].Concat(alike).Any(p => SameTensor.Is(p, parameter))) throw new ArgumentException($"{label} appears more than once.");
        alike.Add(parameter);
    }

    /// <summary>The group's options; where they were replaced since, this optimizer takes a copy of the new ones.</summary>
    private MatrixOptions OptionsOf(Group group)
    {
        if (group.Public.Options is not MatrixOptions options || options.Owner != this)
        {
            var initial = group.Public.Options is MatrixOptions { InitialLearningRate: > 0 } given ? given.InitialLearningRate
                : (double?)null;
            group.Public.Options = options = Adopt(group.Public);
            if (initial is { } rate) options.InitialLearningRate = rate;
        }
        return options;
    }
}
