using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// What the optimizers of this library share: parameter groups, the routing of what is no matrix to a built-in AdamW, state
/// that saves and loads as a whole, and a step that checks everything before it changes anything.
/// </summary>
public abstract class MatrixOptimizer : OptimizerHelper, optim.IMomentum
{
    private readonly List<Group> _groups = [];
    private FiniteGradients _finite = new();
    private bool _disposed;

    private protected MatrixOptimizer(MatrixOptions defaults)
    {
        defaults.Validate();
        _defaults = defaults;
        _parameter_groups = new List<ParamGroup>();
    }

    /// <summary>A parameter group as the step sees it.</summary>
    internal sealed record Group(ParamGroup Public, MatrixOptions Options, Entry[] Entries);

    internal IReadOnlyList<Group> Groups => _groups;

    /// <summary>Whether the device decides what becomes of a step whose gradients are not finite: by default a GPU does, the
    /// CPU does not.</summary>
    internal bool DefersFiniteCheck { set => _finite = new(value); }

    /// <summary>Where every parameter goes, and why; printing it gives one line each.</summary>
    public Routing Routing => new(_groups.SelectMany(g => g.Entries).Select(e => e.Routed));

    /// <summary>The momentum that groups added later take where they set none.</summary>
    public double Momentum
    {
        get => ((MatrixOptions)_defaults).momentum!.Value;
        set => ((MatrixOptions)_defaults).momentum = value;
    }

    /// <summary>
    /// Updates the matrices of one batch: the published step, from gradients to new parameters. Runs without gradient
    /// tracking, in a dispose scope of its own.
    /// </summary>
    private protected abstract void Update(MatrixBatch batch, MatrixOptions options);

    /// <summary>Where a parameter of a new group goes.</summary>
    private protected virtual RoutedParameter Decide(Candidate candidate, MatrixOptions options) =>
        Router.Decide(candidate, options.route);

    /// <summary>Prepares the parameters of a new group, or refuses them by an exception, before the group is added.</summary>
    private protected virtual void Admit(IReadOnlyList<Entry> entries, MatrixOptions options)
    {
    }

    /// <summary>Adds a group. What its options leave null takes the optimizer's values.</summary>
    /// <param name="param_group">A group whose Options are null or of this optimizer's type. Options that already belong to
    /// another group are copied.</param>
    /// <exception cref="ArgumentException">No parameters; a parameter that is in the optimizer already, is complex, integer
    /// or sparse, or has been disposed; an option out of range. The optimizer is not changed.</exception>
    public override void add_param_group(ParamGroup param_group)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckNotReplaced();
        var options = OptionsOf(param_group);
        var candidates = (param_group as ICandidates)?.Candidates ?? Candidate.Of(param_group.Parameters ?? []);
        if (candidates.Length == 0)
            throw new ArgumentException($"{GetType().Name} got an empty parameter list.", nameof(param_group));
        var held = _groups.SelectMany(g => g.Entries).Select(e => e.Parameter).ToList();
        foreach (var candidate in candidates) CheckParameter(candidate, held);

        // All are routed before the first state is made: the user's route may throw.
        var routed = candidates.Select(c => Decide(c, options)).ToArray();
        var entries = candidates.Zip(routed, (c, r) => new Entry(c.Parameter, r, options.BlocksOf(r))).ToArray();
        foreach (var entry in entries)
            if (entry.State is MomentumState) entry.Share = options.ShareOf(entry);
        Admit(entries, options);
        options.InitialLearningRate = options.LearningRate!.Value;
        options.Owner = this;
        param_group.Options = options;
        param_group.Parameters = entries.Select(e => e.Parameter).ToArray();
        _parameter_groups.Add(param_group);
        _groups.Add(new(param_group, options, entries));
        foreach (var entry in entries) _state[entry.Parameter.Handle] = entry.State;
    }

    private MatrixOptions OptionsOf(ParamGroup group)
    {
        var defaults = (MatrixOptions)_defaults;
        if (group.Options is not null && group.Options.GetType() != defaults.GetType())
            throw new ArgumentException(
                $"{GetType().Name} got a parameter group with options of type {group.Options.GetType()}; "
                + $"they must be of type {defaults.GetType()}.", nameof(group));
        var options = group.Options as MatrixOptions;
        if (options is null || options.Owner is not null) options = (options ?? defaults).Copy();
        var complete = options.Copy();
        complete.InheritFrom(defaults);
        complete.Validate();
        options.InheritFrom(defaults);
        return options;
    }

    private static void CheckParameter(Candidate candidate, List<Parameter> held)
    {
        var parameter = candidate.Parameter ?? throw new ArgumentException("The parameter list holds a null.");
        if (parameter.IsInvalid)
            throw new ArgumentException($"The parameter '{candidate.Name}' has been disposed or replaced; "
                + "call model.to(...) before you list its parameters.");
        var label = Entry.Describe(candidate.Name, parameter.shape);
        if (!parameter.is_floating_point())
            throw new ArgumentException($"{label} is of type {parameter.dtype}; only floating-point parameters can be optimized.");
        if (parameter.is_sparse) throw new ArgumentException($"{label} is sparse; only dense parameters can be optimized.");
        if (held.Any(p => Candidate.IsSame(p, parameter))) throw new ArgumentException($"{label} appears more than once.");
        held.Add(parameter);
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
    public override Tensor step(Func<Tensor>? closure = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Tensor? loss = null;
        if (closure is not null)
            using (enable_grad())
                loss = closure();

        using var grad = no_grad();
        using var scope = NewDisposeScope();
        CheckNotReplaced();
        foreach (var group in _groups) group.Options.Validate();
        var gradients = _finite.Check(_groups.Select(g => Gradient.Of(g.Entries)).ToArray());
        var batches = gradients.Select(MatrixBatch.Of).ToArray();
        MatrixBatch.TakeTurns(batches.SelectMany(b => b));
        for (var i = 0; i < _groups.Count; i++)
        {
            foreach (var batch in batches[i])
                using (NewDisposeScope())
                    Update(batch, _groups[i].Options);
            AdamWFallback.Update(gradients[i].Where(g => g.Entry.State is AdamWState), _groups[i].Options);
        }
        return loss!;
    }

    /// <summary>The state of every parameter, and every group's options.</summary>
    public override StateDictionary state_dict()
    {
        CheckNotReplaced();
        return base.state_dict();
    }

    /// <summary>Copies options and states from another optimizer's <see cref="state_dict"/>.</summary>
    /// <exception cref="ArgumentException">The other optimizer has other groups, parameters or routes; nothing is changed.</exception>
    public override void load_state_dict(StateDictionary state_dict)
    {
        var entries = _groups.SelectMany(g => g.Entries).ToArray();
        if (state_dict.Options.Count != _groups.Count || state_dict.State.Count != entries.Length)
            throw new ArgumentException(
                $"The state to load has {state_dict.Options.Count} groups and {state_dict.State.Count} parameters; this "
                + $"{GetType().Name} has {_groups.Count} and {entries.Length}.", nameof(state_dict));
        foreach (var (group, options) in _groups.Zip(state_dict.Options)) group.Options.Check(options);
        foreach (var (entry, state) in entries.Zip(state_dict.State)) entry.State.Check(state);
        base.load_state_dict(state_dict);
    }

    internal bool IsFirst(MatrixOptions options) => _groups.Count > 0 && ReferenceEquals(_groups[0].Options, options);

    private void CheckNotReplaced()
    {
        foreach (var entry in _groups.SelectMany(g => g.Entries))
            if (entry.Parameter.IsInvalid)
                throw new InvalidOperationException(
                    $"{entry.Label} was disposed or replaced after this {GetType().Name} was constructed, as model.to(...) "
                    + "does when it moves or converts. Construct the optimizer after the model is where it stays.");
    }

    /// <summary>Releases the optimizer's state; the parameters stay.</summary>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing || _disposed) return;
        _disposed = true;
        foreach (var entry in _groups.SelectMany(g => g.Entries)) entry.State.Dispose();
        _finite.Dispose();
        _state.Clear();
    }
}
