using System.Text;
using Root.Optimizers.Core;
using Root.Optimizers.Core.Ranks;
using Root.Optimizers.Core.State;

namespace Root.Optimizers;

// In a group of several ranks: what each does by itself, so that all go on, or all throw.
public abstract partial class MatrixOptimizer
{
    private readonly Shards? _shards;

    /// <summary>The ranks that share the work; null: this process does all.</summary>
    internal Shards? Shards => _shards;

    /// <summary>In a group, before <see cref="OnStepped"/>: what this rank has found out in a step and the others are to know.</summary>
    private protected virtual byte[] Findings() => [];

    /// <summary>In a group, before <see cref="OnStepped"/>: takes over another rank's findings.</summary>
    private protected virtual void Take(byte[] findings)
    {
    }

    /// <summary>Does what in a group every rank does by itself; where one fails, all throw.</summary>
    private void OnEveryRank(Action own)
    {
        if (_shards is null) own();
        else _shards.Messages.Agree(own);
    }

    private MatrixOptions[] ReadyOnEveryRank(Shards shards, bool hasClosure)
    {
        MatrixOptions[] options = [];
        shards.Settle([.. Slots], keepOwn =>
        {
            if (hasClosure)
                throw new InvalidOperationException($"In a group of ranks a step of {GetType().Name} takes no closure: gradients are to be "
                    + "averaged between backward and step.");
            options = Ready(keepOwn);
        }, () => [.. options.SelectMany((its, i) => SameModel.Describe(i, its.NumbersToJson()))]);
        return options;
    }

    private void StepBatchesOnEveryRank(Shards shards, MatrixOptions[] options, MatrixBatch[][] matrices, VectorBatch[][] vectors,
        List<MatrixBatch> doneMatrices, List<VectorBatch> doneVectors) => shards.Share(() =>
    {
        StepBatches(options, matrices, vectors, doneMatrices, doneVectors);
        return Findings();
    }, Take);

    /// <exception cref="InvalidOperationException">Several ranks share the state.</exception>
    internal void RefuseInGroup()
    {
        if (_shards is not null)
            throw new InvalidOperationException($"The state of this {GetType().Name} is spread over {_shards.Group.Size} ranks: "
                + "use Save and Load, which all of them call.");
    }

    private static SavedState.Contents ReadOnEveryRank(Shards shards, Func<SavedState.Contents> read)
    {
        SavedState.Contents? contents = null;
        var checksums = shards.Messages.Exchange(() => Encoding.ASCII.GetBytes((contents = read()).Checksum));
        if (Array.FindIndex(checksums, its => !its.AsSpan().SequenceEqual(checksums[0])) is >= 0 and var other)
            throw new InvalidDataException($"Rank {other} has read another file than rank 0. Nothing was loaded.");
        return contents!;
    }

    /// <summary>After a state was loaded: all ranks go on from one.</summary>
    private void CheckLoaded(Shards shards)
    {
        SameModel.Broadcast(shards.Group, Slots);
        SameModel.Check(shards.Messages, SameModel.Describe($"a loaded {GetType().Name}", _groups, OptionsOf));
    }
}
