using Root.Optimizers.Core.State;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

// Saving and loading.
public abstract partial class MatrixOptimizer
{
    /// <summary>The state of every parameter, and every group's options.</summary>
    /// <exception cref="InvalidOperationException">In a group of several ranks, whose state <see cref="Save"/> writes.</exception>
    public override StateDictionary state_dict()
    {
        using var call = Enter();
        RefuseInGroup();
        CheckNotReplaced();
        foreach (var group in _groups) OptionsOf(group);
        return base.state_dict();
    }

    /// <summary>Copies options and states from another optimizer's <see cref="state_dict"/>.</summary>
    /// <exception cref="ArgumentException">The other optimizer has other groups, parameters, routes or types of state, which
    /// <see cref="Load"/> casts; nothing is changed.</exception>
    /// <exception cref="InvalidOperationException">In a group of several ranks, whose state <see cref="Load"/> reads.</exception>
    public override void load_state_dict(StateDictionary state_dict)
    {
        ArgumentNullException.ThrowIfNull(state_dict);
        using var call = Enter();
        RefuseInGroup();
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
        foreach (var (group, options) in _groups.Zip(state_dict.Options)) group.Options.LoadStateDict(options);
        foreach (var (slot, state) in slots.Zip(state_dict.State)) slot.Kept.LoadStateDict(state);
    }

    /// <summary>
    /// Writes options, state and learned coefficients to a safetensors file, whole or not at all: what
    /// <see cref="OptimizerHelper.save_state_dict(string)"/> writes into a stream, by itself. Python's safetensors opens it.
    /// </summary>
    /// <param name="path">Replaced when the new file is complete and on the disk.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <remarks>In a group of ranks all of them call it, and rank 0 writes the file that one process would write.</remarks>
    public void Save(string path)
    {
        using var call = Enter();
        OnEveryRank(CheckBeforeFile);
        if (_shards is null) AtomicFile.Write(path, stream => SavedState.Write(this, stream));
        else
            _shards.Save([.. Slots], (idle, buffers) =>
                AtomicFile.Write(path, stream => SavedState.Write(this, stream, idle, buffers)));
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
    /// <remarks>In a group of ranks all of them call it and read the file, whatever number of them wrote it; their parameters become
    /// rank 0's.</remarks>
    public LoadedState Load(string path, bool strict = true)
    {
        using var call = Enter();
        return LoadChecked(() =>
        {
            CheckBeforeFile();
            using var stream = File.OpenRead(path);
            return SavedState.Read(this, stream, stream.Length, strict);
        });
    }

    /// <summary>Reads and checks a saved state, in a group on every rank, and then applies it.</summary>
    internal LoadedState LoadChecked(Func<SavedState.Contents> read)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var contents = _shards is null ? read() : ReadOnEveryRank(_shards, read);
        contents.Apply();
        if (_shards is not null) CheckLoaded(_shards);
        return contents.Report;
    }

    private void CheckBeforeFile()
    {
        CheckNotReplaced();
        foreach (var group in _groups) OptionsOf(group);
    }

    /// <summary>Loads what <see cref="Save"/> wrote into a run that has a learning-rate scheduler: <see cref="ResumeScheduler"/> says
    /// how.</summary>
    /// <param name="path">The file.</param>
    /// <param name="scheduler">Makes the scheduler, over this optimizer, as the run made it.</param>
    /// <param name="steps">How many steps the scheduler had taken. At least 0.</param>
    /// <returns>The scheduler, which goes on.</returns>
    /// <exception cref="InvalidDataException">See <see cref="Load"/>; learning rates are those of the scheduler then, all else is as it
    /// was.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public TScheduler LoadWithScheduler<TScheduler>(string path, Func<TScheduler> scheduler, int steps)
        where TScheduler : optim.lr_scheduler.LRScheduler => ResumeScheduler.At(steps, scheduler, () => Load(path));

    internal bool IsFirst(MatrixOptions options) => _groups.Count > 0 && ReferenceEquals(_groups[0].Public.Options, options);
}
