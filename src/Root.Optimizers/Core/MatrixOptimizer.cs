using Root.Optimizers.Core;
using Root.Optimizers.Core.Ranks;
using Root.Optimizers.Core.Routing;
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
public abstract partial class MatrixOptimizer : OptimizerHelper, optim.IMomentum
{
    private readonly List<Group> _groups = [];
    private readonly OneAtATime _calls = new();
    private FiniteGradients _finite;

    /// <summary>In the midst of a step that is watched: by whom.</summary>
    private StepWatch? _watch;
    private bool _disposed;

    private protected MatrixOptimizer(MatrixOptions options, IProcessGroup? process_group)
    {
        if (process_group is { Size: > 1 }) _shards = new(process_group);
        OnEveryRank(options.Validate);
        // Ranks tell each other before the step whether gradients are finite, so that none waits for the others in vain.
        _finite = new(deferred: _shards is null ? null : false);
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

        /// <summary>The parameters whose gradients are looked at together: on one device, and alike but in their first side, so that they
        /// can be joined as they are.</summary>
        public Slot[][] SmallAlike { get; } = [.. Slots.Where(slot => slot.IsSmall)
            .GroupBy(slot => (slot.Parameter.device_type, slot.Parameter.device_index, slot.Shape.Length, slot.Shape.Skip(1).Text()))
            .Select(alike => alike.ToArray())];

        public IReadOnlyList<MatrixBundle> Matrices { get; } = MatrixBundle.Of(Slots, Adopted.workspace_bytes);

        public IReadOnlyList<VectorBundle> Vectors { get; } = VectorBundle.Of(Slots);
    }

    internal IReadOnlyList<Group> Groups => _groups;

    internal IEnumerable<Slot> Slots => _groups.SelectMany(g => g.Slots);

    /// <summary>Whether the device decides what becomes of a step whose gradients are not finite: by default a GPU does, the
    /// CPU does not.</summary>
    internal bool DefersFiniteCheck { set => _finite = new(value); }

    /// <summary>Watches steps from inside, such as <see cref="StepDiagnostics"/>; null: nobody does, and nothing is made for it. No step
    /// comes out otherwise for being watched.</summary>
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

    private protected abstract IReadOnlyList<StateBuffer> BuffersOf(MatrixShape shape, MatrixOptions options);

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
    private protected virtual void OnStepping(IEnumerable<MatrixPart> parts)
    {
    }

    /// <summary>After a step.</summary>
    private protected virtual void OnStepped()
    {
    }

    /// <summary>
    /// Updates every parameter that has a gradient. Gradients are only read. If anything is wrong with a parameter, a
    /// gradient or an option, the step throws before it changes anything.
    /// </summary>
    /// <param name="closure">Reevaluates the model and returns the loss; runs with gradient tracking. Refused in a group of several
    /// ranks.</param>
    /// <returns>The closure's loss, or null.</returns>
    /// <remarks>In a group of ranks all of them step, on the same gradients; what one refuses is refused on all.</remarks>
    /// <exception cref="NotFiniteNumberException">A gradient holds NaN or infinity. On the CPU this is found before the step.
    /// On CUDA, where looking would stall the device, a later step tells, and the step itself changes neither parameters nor
    /// momentum nor moments; their step counts may include it.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or a product of some is no float32.</exception>
    /// <exception cref="InvalidOperationException">A parameter was replaced since construction, a gradient is sparse or of another
    /// shape or device than its parameter, or another thread is in the midst of a step. In a group of ranks: a parameter has a gradient
    /// on some of them and none where it is stepped, options differ, or there is a closure.</exception>
    /// <exception cref="InterruptedStepException">What had been checked failed all the same; it says which parameters had
    /// moved.</exception>
    public override Tensor? step(Func<Tensor>? closure = null)
    {
        Enter().Dispose(); // what is to be refused is, before the closure changes gradients
        Tensor? loss = null;
        if (closure is not null && _shards is null)
            using (enable_grad())
                loss = closure();

        using var call = Enter();
        using var grad = no_grad();
        try
        {
            var options = _shards is null ? Read() : null;
            // After the gradients, which are released with the step: it would hold a list of them.
            using var scope = NewDisposeScope();
            if (options is null) options = ReadyOnEveryRank(_shards!, closure is not null);
            else CheckFinite(options);
            StepAlong(options);
            _watch?.Observer.OnStepped(this);
        }
        finally
        {
            _watch = null;
            ReleaseGradients();
        }
        return loss;
    }

    /// <summary>In a group of ranks: checks everything that a step depends on, and reads the gradients.</summary>
    /// <param name="keepOwn">Takes those away that others use.</param>
    /// <returns>The groups' options.</returns>
    private MatrixOptions[] Ready(Action keepOwn)
    {
        var options = Read();
        keepOwn();
        CheckFinite(options);
        return options;
    }

    /// <summary>Asks the observer, checks parameters and options, and reads the gradients.</summary>
    /// <returns>The groups' options.</returns>
    private MatrixOptions[] Read()
    {
        // Here, where ranks hear of what one of them throws.
        if (Observer is { } observer && observer.Watches()) _watch = new(observer, Slots);
        CheckNotReplaced();
        var options = _groups.Select(OptionsOf).ToArray();
        foreach (var (group, its) in _groups.Zip(options))
        {
            its.Validate();
            its.CheckRates(group.Parts);
        }
        foreach (var group in _groups) Gradient.Read(group.Slots);
        return options;
    }

    private void CheckFinite(MatrixOptions[] options) =>
        _finite.Check(_groups.Zip(options, (group, its) => (group, its.non_finite)).ToArray());

    /// <summary>A step of all slots that have a gradient, which has been checked.</summary>
    private void StepAlong(MatrixOptions[] options)
    {
        var matrices = _groups.Select(group =>
            group.Matrices.Select(bundle => bundle.BatchNow(_watch)).OfType<MatrixBatch>().ToArray()).ToArray();
        var vectors = _groups.Select(group => group.Vectors.SelectMany(bundle => bundle.BatchesNow()).ToArray()).ToArray();
        // A rank may refuse by itself, such as a weight that is off its manifold there alone.
        OnEveryRank(() => OnStepping(_groups.SelectMany(group => group.Parts).Where(part => part.Slot.IsStepped)));

        // Batches that are done.
        var (doneMatrices, doneVectors) = (new List<MatrixBatch>(), new List<VectorBatch>());
        try
        {
            if (_shards is null) StepBatches(options, matrices, vectors, doneMatrices, doneVectors);
            else StepBatchesOnEveryRank(_shards, options, matrices, vectors, doneMatrices, doneVectors);
            OnStepped();
            _shards?.Gather(Slots);
            if (_shards is not null) _watch?.Lap(StepStage.Gathering);
        }
        catch (Exception e)
        {
            var parts = doneMatrices.SelectMany(batch => batch.Parts).ToHashSet();
            var slots = doneVectors.SelectMany(batch => batch.Slots).ToHashSet<Slot>();
            var moved = Slots.Where(slot => slot.Gradient is not null
                && (slot is MatrixSlot matrix ? matrix.Parts.All(parts.Contains) : slots.Contains(slot))).ToArray();
            throw new InterruptedStepException($"The step of {GetType().Name} failed in the midst: {e.Message} "
                + (moved.Length == 0 ? "No parameter has taken it whole."
                    : $"Taken by: {string.Join(", ", moved.Select(slot => slot.Label))}.")
                + " Restore a checkpoint.", moved.Select(slot => slot.Routed).ToArray(), e);
        }
    }

    private void StepBatches(MatrixOptions[] options, MatrixBatch[][] matrices, VectorBatch[][] vectors, List<MatrixBatch> doneMatrices,
        List<VectorBatch> doneVectors)
    {
        foreach (var batch in matrices.SelectMany(b => b)) batch.RefreshMasters();
        foreach (var batch in vectors.SelectMany(b => b)) batch.RefreshMasters();
        foreach (var group in _groups)
            foreach (var slot in group.Slots)
                if (slot is MatrixSlot { Gradient: not null } || slot.IsSteppedElsewhere) slot.Kept.step++;
        _watch?.Lap(StepStage.Preparation);
        for (var i = 0; i < _groups.Count; i++)
        {
            foreach (var batch in matrices[i])
                using (NewDisposeScope())
                {
                    Step(batch, options[i]);
                    doneMatrices.Add(batch);
                }
            foreach (var batch in vectors[i])
                using (NewDisposeScope())
                {
                    AdamWFallback.Update(batch, options[i]);
                    _watch?.Lap(StepStage.Fallback);
                    doneVectors.Add(batch);
                }
        }
    }

    /// <summary>Sets the gradients of all parameters to zero.</summary>
    /// <exception cref="InvalidOperationException">A parameter was replaced since construction.</exception>
    /// <exception cref="ObjectDisposedException">The optimizer has been disposed.</exception>
    public override void zero_grad()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckNotReplaced();
        base.zero_grad();
    }

    /// <summary>Begins a call that reads or changes the whole optimizer, and ends when the result is disposed.</summary>
    /// <exception cref="InvalidOperationException">There is another one.</exception>
    /// <exception cref="ObjectDisposedException">The optimizer has been disposed.</exception>
    internal OneAtATime.Call Enter()
    {
        var call = _calls.Enter(this);
        if (!_disposed) return call;
        call.Dispose();
        throw new ObjectDisposedException(GetType().Name);
    }

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
        if (!disposing || _disposed) return;
        using var call = Enter();
        base.Dispose(disposing);
        _disposed = true;
        foreach (var slot in Slots) slot.Kept.Dispose();
        foreach (var bundle in _groups.SelectMany(group => group.Matrices)) bundle.Dispose();
        foreach (var bundle in _groups.SelectMany(group => group.Vectors)) bundle.Dispose();
        _finite.Dispose();
        _state.Clear();
    }
}
