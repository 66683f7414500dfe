using Root.Optimizers.Core;
using Root.Optimizers.Core.Routing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// What the optimizers of this library share: parameter groups, the routing of what is no matrix to a built-in AdamW, state
/// that saves and loads as a whole, and a step that checks everything before it changes anything. To write an optimizer of one's
/// own, derive from <see cref="MatrixOptimizer{TOptions}"/>.
/// </summary>
public abstract class MatrixOptimizer : OptimizerHelper, optim.IMomentum
{
    private readonly List<Group> _groups = [];
    private FiniteGradients _finite = new();
    private bool _disposed;

    private protected MatrixOptimizer(MatrixOptions options)
    {
        options.Validate();
        _defaults = options;
        _parameter_groups = new List<ParamGroup>();
    }

    /// <summary>A parameter group as the step sees it; its options are the public group's, and no second copy.</summary>
    internal sealed record Group(ParamGroup Public, Slot[] Slots)
    {
        public MatrixOptions Options => (MatrixOptions)Public.Options;
    }

    internal IReadOnlyList<Group> Groups => _groups;

    internal IEnumerable<Slot> Slots => _groups.SelectMany(g => g.Slots);

    /// <summary>Whether the device decides what becomes of a step whose gradients are not finite: by default a GPU does, the
    /// CPU does not.</summary>
    internal bool DefersFiniteCheck { set => _finite = new(value); }

    /// <summary>Is shown every matrix's momentum and update at every step; null: nobody.</summary>
    public IStepObserver? Observer { get; set; }

    /// <summary>Where every parameter goes, and why; printing it gives one line each.</summary>
    public Routing Routing => new(Slots.Select(slot => slot.Routed));

    /// <summary>The momentum of groups that set none.</summary>
    public double Momentum
    {
        get => Own.momentum;
        set => Own.momentum = value;
    }

    /// <summary>The optimizer's own options, from which its groups inherit.</summary>
    private MatrixOptions Own => (MatrixOptions)_defaults;

    private protected abstract void Step(MatrixBatch batch, MatrixOptions options);

    private protected abstract IReadOnlyList<StateBuffer> BuffersOf(MatrixShape shape);

    private protected abstract object? Plan(MatrixSlot slot, MatrixOptions options);

    /// <summary>Where a parameter of a new group goes.</summary>
    private protected virtual RoutedParameter RouteOf(ModelParameter parameter, MatrixOptions options) =>
        Router.RouteOf(parameter, options.route);

    /// <summary>Prepares the matrices of a new group, or refuses them by an exception, before the group is added.</summary>
    private protected virtual void OnAdding(IReadOnlyList<MatrixSlot> slots, MatrixOptions options)
    {
    }

    /// <summary>Before a step: the matrices that have a gradient, in the order of their groups.</summary>
    private protected virtual void OnStepping(IEnumerable<MatrixSlot> slots)
    {
    }

    /// <summary>After a step.</summary>
    private protected virtual void OnStepped()
    {
    }

    /// <summary>Adds a group. What its options do not set it takes from the optimizer's.</summary>
    /// <param name="param_group">A group whose Options are null or of this optimizer's type; they are copied.</param>
    /// <exception cref="ArgumentException">No parameters; a parameter that is in the optimizer already, is complex, integer
    /// or sparse, or has been disposed; an option out of range; on manifolds, a weight off its own where initialize is false. The
    /// optimizer is not changed.</exception>
    public override void add_param_group(ParamGroup param_group)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckNotReplaced();
        var options = Adopt(param_group);
        var parameters = (param_group as IModelParameters)?.ModelParameters ?? ModelParameter.From(param_group.Parameters ?? []);
        if (parameters.Length == 0)
            throw new ArgumentException($"{GetType().Name} got an empty parameter list.", nameof(param_group));
        var held = Slots.Select(slot => slot.Parameter).ToLookup(SameTensor.Key);
        var added = new Dictionary<(ScalarType, string), List<Parameter>>();
        foreach (var parameter in parameters) CheckParameter(parameter, held, added);

        // All are routed before the first state is made: the user's functions may throw.
        var routed = parameters.Select(p => RouteOf(p, options)).ToArray();
        var blocks = routed.Select(options.BlocksOf).ToArray();
        var slots = new Slot[parameters.Length];
        for (var i = 0; i < slots.Length; i++)
            slots[i] = routed[i].Route == Route.Matrix
                ? new MatrixSlot(parameters[i].Parameter, routed[i], blocks[i], BuffersOf)
                : new VectorSlot(parameters[i].Parameter, routed[i]);
        var matrices = slots.OfType<MatrixSlot>().ToArray();
        foreach (var slot in matrices)
        {
            slot.Share = ShareOf(slot, options.budget);
            slot.Plan = Plan(slot, options);
        }
        OnAdding(matrices, options);
        param_group.Options = options;
        param_group.Parameters = slots.Select(slot => slot.Parameter).ToArray();
        _parameter_groups.Add(param_group);
        _groups.Add(new(param_group, slots));
        foreach (var slot in slots) _state[slot.Parameter.Handle] = slot.Kept;
    }

    /// <summary>A group's options, which belong to this optimizer: a checked copy of those that it came with.</summary>
    private MatrixOptions Adopt(ParamGroup group)
    {
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
        if (parameter.is_sparse) throw new ArgumentException($"{label} is sparse; only dense parameters can be optimized.");
        var key = SameTensor.Key(parameter);
        if (!added.TryGetValue(key, out var alike)) added[key] = alike = [];
        if (held[key].Concat(alike).Any(p => SameTensor.Is(p, parameter))) throw new ArgumentException($"{label} appears more than once.");
        alike.Add(parameter);
    }

    /// <summary>
    /// Updates every parameter that has a gradient. Gradients are only read. If anything is wrong with a parameter, a
    /// gradient or an option, the step throws before it changes anything.
    /// </summary>
    /// <param name="closure">Reevaluates the model and returns the loss; runs with gradient tracking.</param>
    /// <returns>The closure's loss, or null.</returns>
    /// <exception cref="NotFiniteNumberException">A gradient holds NaN or infinity. On the CPU this is found before the step.
    /// On CUDA, where looking would stall the device, a later step tells, and the step itself changes neither parameters nor
    /// momentum nor moments; their step counts may include it.</exception>
    /// <exception cref="InvalidOperationException">A parameter was replaced since construction, or a gradient is sparse.</exception>
    public override Tensor? step(Func<Tensor>? closure = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Tensor? loss = null;
        if (closure is not null)
            using (enable_grad())
                loss = closure();

        using var grad = no_grad();
        using var scope = NewDisposeScope();
        CheckNotReplaced();
        var options = _groups.Select(OptionsOf).ToArray();
        foreach (var each in options) each.Validate();
        var gradients = _finite.Check(_groups.Select(g => Gradient.Read(g.Slots)).ToArray());
        var batches = gradients.Select(g => MatrixBatch.Form(g, Observer)).ToArray();
        OnStepping(gradients.SelectMany(g => g).Select(g => g.Slot).OfType<MatrixSlot>());
        for (var i = 0; i < _groups.Count; i++)
        {
            foreach (var batch in batches[i])
                using (NewDisposeScope())
                {
                    batch.CountStep();
                    Step(batch, options[i]);
                }
            AdamWFallback.Update(gradients[i].Where(g => g.Slot is VectorSlot), options[i]);
        }
        OnStepped();
        return loss;
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

    /// <summary>The state of every parameter, and every group's options.</summary>
    public override StateDictionary state_dict()
    {
        CheckNotReplaced();
        foreach (var group in _groups) OptionsOf(group);
        return base.state_dict();
    }

    /// <summary>Copies options and states from another optimizer's <see cref="state_dict"/>.</summary>
    /// <exception cref="ArgumentException">The other optimizer has other groups, parameters or routes; nothing is changed.</exception>
    public override void load_state_dict(StateDictionary state_dict)
    {
        var slots = Slots.ToArray();
        if (state_dict.Options.Count != _groups.Count || state_dict.State.Count != slots.Length)
            throw new ArgumentException(
                $"The state to load has {state_dict.Options.Count} groups and {state_dict.State.Count} parameters; this "
                + $"{GetType().Name} has {_groups.Count} and {slots.Length}.", nameof(state_dict));
        foreach (var (group, options) in _groups.Zip(state_dict.Options)) OptionsOf(group).Check(options);
        foreach (var (slot, state) in slots.Zip(state_dict.State)) slot.Kept.Check(state);
        base.load_state_dict(state_dict);
    }

    internal bool IsFirst(MatrixOptions options) => _groups.Count > 0 && ReferenceEquals(_groups[0].Public.Options, options);

    private void CheckNotReplaced()
    {
        foreach (var slot in Slots)
            if (slot.Parameter.IsInvalid)
                throw new InvalidOperationException(
                    $"{slot.Label} was disposed or replaced after this {GetType().Name} was constructed, as model.to(...) "
                    + "does when it moves or converts. Construct the optimizer after the model is where it stays.");
    }

    /// <summary>Releases the optimizer's state; the parameters stay.</summary>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing || _disposed) return;
        _disposed = true;
        foreach (var slot in Slots) slot.Kept.Dispose();
        _finite.Dispose();
        _state.Clear();
    }
}
