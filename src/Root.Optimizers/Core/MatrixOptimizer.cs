using Root.Optimizers.Core;
using Root.Optimizers.Core.Routing;
using Root.Optimizers.Core.State;
using Root.Optimizers.LinearAlgebra;
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
    /// <param name="Public">What the user sees.</param>
    /// <param name="Slots">Its parameters.</param>
    /// <param name="Adopted">The options that it is added with.</param>
    internal sealed record Group(ParamGroup Public, Slot[] Slots, MatrixOptions Adopted)
    {
        public MatrixOptions Options => (MatrixOptions)Public.Options;

        public MatrixPart[] Parts { get; } = [.. Slots.OfType<MatrixSlot>().SelectMany(slot => slot.Parts)];
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

    private protected abstract object? Plan(MatrixPart part, MatrixOptions options);

    /// <summary>Where a parameter of a new group goes.</summary>
    private protected virtual RoutedParameter RouteOf(ModelParameter parameter, MatrixOptions options) =>
        Router.RouteOf(parameter, options.route,
            options.BatchDimsOf(new(parameter.Name, parameter.Parameter.shape, Route.Matrix, "not decided yet")));

    /// <summary>What of a part is normalized by itself: see <see cref="MatrixPart.IdleShape"/>.</summary>
    private protected virtual MatrixShape IdleShapeOf(MatrixPart part) => new(1, 1);

    /// <summary>Looks at the matrices of a new group, or refuses them by an exception, and changes nothing.</summary>
    /// <returns>What is to be done when all else has been checked, too.</returns>
    private protected virtual Action? Prepare(IReadOnlyList<MatrixPart> parts, MatrixOptions options) => null;

    /// <summary>Before a step, when gradients and options have been checked: the matrices that have a gradient, in the order of their
    /// groups. May refuse the step by an exception as long as it has changed nothing.</summary>
    private protected virtual void OnStepping(IReadOnlyList<MatrixPart> parts)
    {
    }

    /// <summary>After a step.</summary>
    private protected virtual void OnStepped()
    {
    }

    /// <summary>Adds a group. What its options do not set it takes from the optimizer's.</summary>
    /// <param name="param_group">A group whose Options are null or of this optimizer's type; they are copied.</param>
    /// <exception cref="ArgumentException">No parameters; a parameter that is in the optimizer already, is complex, integer, sparse
    /// or expanded, shares memory with another, or has been disposed; a group of another optimizer; an option out of range; on
    /// manifolds, a weight off its own where initialize is false. The optimizer and the weights are not changed.</exception>
    public override void add_param_group(ParamGroup param_group) => AddGroups([param_group]);

    /// <summary>Adds all of the groups, or none.</summary>
    private protected void AddGroups(IReadOnlyList<ParamGroup> groups)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckNotReplaced();
        using var scope = NewDisposeScope(); // of what is prepared
        var (added, then) = (new List<Group>(), new List<Action?>());
        try
        {
            foreach (var group in groups)
            {
                ArgumentNullException.ThrowIfNull(group);
                var options = Adopt(group, isNew: true);
                added.Add(Admit(group, options, added));
                then.Add(Prepare([.. added[^1].Parts], options));
            }
        }
        catch
        {
            foreach (var slot in added.SelectMany(group => group.Slots)) slot.Kept.Dispose();
            throw;
        }
        foreach (var action in then) action?.Invoke();
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

        // All are routed before the first state is made: the user's functions may throw.
        var routed = parameters.Select(p => RouteOf(p, options)).ToArray();
        var slots = new List<Slot>();
        try
        {
            foreach (var (parameter, where) in parameters.Zip(routed))
                slots.Add(where.Route == Route.Matrix
                    ? new MatrixSlot(parameter.Parameter, where, options, BuffersOf)
                    : new VectorSlot(parameter.Parameter, where, options.master_weights));
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
            var result = new Group(group, [.. slots], options);
            options.CheckRates(result.Parts);
            return result;
        }
        catch
        {
            foreach (var slot in slots) slot.Kept.Dispose();
            throw;
        }
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

    /// <summary>
    /// Updates every parameter that has a gradient. Gradients are only read. If anything is wrong with a parameter, a
    /// gradient or an option, the step throws before it changes anything.
    /// </summary>
    /// <param name="closure">Reevaluates the model and returns the loss; runs with gradient tracking.</param>
    /// <returns>The closure's loss, or null.</returns>
    /// <exception cref="NotFiniteNumberException">A gradient holds NaN or infinity. On the CPU this is found before the step.
    /// On CUDA, where looking would stall the device, a later step tells, and the step itself changes neither parameters nor
    /// momentum nor moments; their step counts may include it.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or a product of some is no float32.</exception>
    /// <exception cref="InvalidOperationException">A parameter was replaced since construction, or a gradient is sparse or of another
    /// shape or device than its parameter.</exception>
    /// <exception cref="InterruptedStepException">What had been checked failed all the same; it says which parameters had
    /// moved.</exception>
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
        foreach (var (group, its) in _groups.Zip(options))
        {
            its.Validate();
            its.CheckRates(group.Parts);
        }
        var gradients = _finite.Check(_groups.Zip(options, (group, its) =>
            ((IReadOnlyList<Gradient>)Gradient.Read(group.Slots), its.non_finite)).ToArray());
        var batches = gradients.Select(g => MatrixBatch.Form(g, Observer)).ToArray();
        OnStepping(gradients.SelectMany(g => g).Select(g => g.Slot).OfType<MatrixSlot>().SelectMany(slot => slot.Parts).ToArray());

        // Parts of matrices and whole vectors that are done.
        var done = new HashSet<object>();
        try
        {
            foreach (var (slot, _, _, _) in gradients.SelectMany(g => g))
            {
                slot.Kept.RefreshMaster(slot.Parameter);
                if (slot is MatrixSlot matrix) matrix.State.step++;
            }
            for (var i = 0; i < _groups.Count; i++)
            {
                foreach (var batch in batches[i])
                    using (NewDisposeScope())
                    {
                        Step(batch, options[i]);
                        done.UnionWith(batch.Parts);
                    }
                foreach (var vector in gradients[i].Where(g => g.Slot is VectorSlot))
                {
                    AdamWFallback.Update(vector, options[i]);
                    done.Add(vector.Slot);
                }
            }
            OnStepped();
        }
        catch (Exception e)
        {
            var moved = gradients.SelectMany(g => g).Select(g => g.Slot)
                .Where(slot => slot is MatrixSlot matrix ? matrix.Parts.All(done.Contains) : done.Contains(slot)).ToArray();
            throw new InterruptedStepException($"The step of {GetType().Name} failed in the midst: {e.Message} "
                + (moved.Length == 0 ? "No parameter has taken it whole."
                    : $"Taken by: {string.Join(", ", moved.Select(slot => slot.Label))}.")
                + " Restore a checkpoint.", moved.Select(slot => slot.Routed).ToArray(), e);
        }
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

    /// <summary>Sets the gradients of all parameters to zero.</summary>
    /// <exception cref="InvalidOperationException">A parameter was replaced since construction.</exception>
    public override void zero_grad()
    {
        CheckNotReplaced();
        base.zero_grad();
    }

    /// <summary>The state of every parameter, and every group's options.</summary>
    public override StateDictionary state_dict()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckNotReplaced();
        foreach (var group in _groups) OptionsOf(group);
        return base.state_dict();
    }

    /// <summary>Copies options and states from another optimizer's <see cref="state_dict"/>.</summary>
    /// <exception cref="ArgumentException">The other optimizer has other groups, parameters or routes; nothing is changed.</exception>
    public override void load_state_dict(StateDictionary state_dict)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(state_dict);
        var slots = Slots.ToArray();
        if (state_dict.Options.Count != _groups.Count || state_dict.State.Count != slots.Length)
            throw new ArgumentException(
                $"The state to load has {state_dict.Options.Count} groups and {state_dict.State.Count} parameters; this "
                + $"{GetType().Name} has {_groups.Count} and {slots.Length}.", nameof(state_dict));
        foreach (var (group, options) in _groups.Zip(state_dict.Options))
        {
            OptionsOf(group).Check(options);
            ((MatrixOptions)options).Validate();
            ((MatrixOptions)options).CheckRates(group.Parts);
        }
        foreach (var (slot, state) in slots.Zip(state_dict.State)) slot.Kept.Check(state);
        base.load_state_dict(state_dict);
    }

    /// <summary>
    /// Writes options, state and learned coefficients to a safetensors file, whole or not at all: what
    /// <see cref="OptimizerHelper.save_state_dict(string)"/> writes into a stream, by itself. Python's safetensors opens it.
    /// </summary>
    /// <param name="path">Replaced when the new file is complete and on the disk.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckNotReplaced();
        foreach (var group in _groups) OptionsOf(group);
        AtomicFile.Write(path, stream => SavedState.Write(this, stream));
    }

    /// <summary>
    /// Reads what <see cref="Save"/> wrote. Parameters are found by their names, in any order, those without a name by their place
    /// among all; floating types are cast. Options, counts and buffers are checked, and nothing is changed where anything is wrong.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="strict">Whether a parameter that only one side has, or has otherwise, is an error; else what matches is
    /// loaded.</param>
    /// <returns>What was missing, unused or cast.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, of another kind of optimizer or, strict, of another model.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public LoadedState Load(string path, bool strict = true)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckNotReplaced();
        foreach (var group in _groups) OptionsOf(group);
        using var stream = File.OpenRead(path);
        return SavedState.Load(this, stream, stream.Length, strict);
    }

    /// <summary>
    /// Loads what <see cref="Save"/> wrote into a run that has a learning-rate scheduler. TorchSharp's schedulers have no state to save:
    /// one is made, stepped to where it was, and only then the optimizer's state is loaded, from whose learning rates and momenta the
    /// scheduler goes on. In any other order some scheduler overwrites them.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="scheduler">Makes the scheduler, over this optimizer, as the run made it.</param>
    /// <param name="steps">How many steps the scheduler had taken. At least 0.</param>
    /// <returns>The scheduler, which goes on.</returns>
    /// <exception cref="InvalidDataException">See <see cref="Load"/>; learning rates are those of the scheduler then, all else is as it
    /// was.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public TScheduler LoadWithScheduler<TScheduler>(string path, Func<TScheduler> scheduler, int steps)
        where TScheduler : optim.lr_scheduler.LRScheduler
    {
        Require.AtLeast(steps, 0);
        var made = scheduler();
        for (var step = 0; step < steps; step++) made.step();
        Load(path);
        return made;
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
