using System.Text;
using Root.Optimizers.Core;
using Root.Optimizers.Core.Ranks;
using Root.Optimizers.Core.State;
using static TorchSharp.torch;

namespace Root.Optimizers;

// In a group of several ranks: what each does by itself, so that all go on, or all throw.
public abstract partial class MatrixOptimizer
{
    /// <summary>So many entries are summed in float64 at a time, to bound the memory that it takes.</summary>
    private const long MostWidened = 1 << 24;

    private readonly Shards? _shards;

    /// <summary>The ranks that share the work; null: this process does all.</summary>
    internal Shards? Shards => _shards;

    /// <summary>
    /// Between backward and step, on every rank of a group of which each has a part of the data: gradients become the means over all
    /// ranks, g &lt;- sum g / N, in float32, or float64 for such parameters. Each goes to the rank that steps its parameter, and to no
    /// other, which is half of what averaging it everywhere sends: on the other ranks it is afterwards not to be used, nor is what of a
    /// table another rank steps. Without a group nothing is done.
    /// </summary>
    /// <remarks>A gradient that a rank has not counts as zero there, and is made where it is needed; one that no rank has stays
    /// away.</remarks>
    /// <exception cref="InvalidOperationException">On every rank: what <see cref="step"/> says of parameters and gradients.</exception>
    public void AverageGradients()
    {
        using var call = Enter();
        if (_shards is null) return;
        using var grad = no_grad();
        try
        {
            _shards.Average([.. Slots], ReadGradients);
        }
        finally
        {
            ReleaseGradients();
        }
    }

    /// <summary>
    /// Limits the norm of all gradients together, as torch.nn.utils.clip_grad_norm_ does: g &lt;- g min(1, max / (norm + 1e-6)), where
    /// norm = (sum of all entries' squares)^1/2, summed in float64. In a group every rank calls it, with one result: after gradients were
    /// averaged, whether here or everywhere; it changes those that this rank steps.
    /// </summary>
    /// <param name="max_norm">At least 0; infinity only measures.</param>
    /// <returns>The norm before; infinite or NaN where gradients are, which then become 0 or NaN, unless it only measures.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max_norm"/> is negative or NaN. In a group the other ranks
    /// throw as well.</exception>
    /// <exception cref="InvalidOperationException">On every rank: what <see cref="step"/> says of parameters and gradients.</exception>
    public double ClipGradNorm(double max_norm)
    {
        using var call = Enter();
        using var grad = no_grad();
        try
        {
            var norm = Math.Sqrt(_shards is null ? SquaresOfValidCall() : _shards.Sum(SquaresOfValidCall));
            var scale = max_norm / (norm + 1e-6);
            if (double.IsPositiveInfinity(max_norm) || scale >= 1) return norm;
            // A tensor, and not a number, which would be collected during the call.
            using var factor = tensor(scale, dtype: ScalarType.Float64).DetachFromDisposeScope();
            foreach (var slot in Slots.Where(slot => slot.IsOwn)) slot.Gradient?.Value.mul_(factor);
            return norm;
        }
        finally
        {
            ReleaseGradients();
        }

        double SquaresOfValidCall() => max_norm >= 0
            ? SumOfSquares()
            : throw new ArgumentOutOfRangeException(nameof(max_norm), max_norm, "It must be at least 0.");
    }

    /// <summary>Of the entries of gradients that are this rank's.</summary>
    private double SumOfSquares()
    {
        ReadGradients();
        using var scope = NewDisposeScope();
        var squares = Slots.Where(slot => slot is { IsOwn: true, Gradient: not null, Entries: > 0 })
            .Select(slot => (slot as VectorSlot)?.Own(slot.Gradient!.Value.Value) ?? slot.Gradient!.Value.Value)
            .SelectMany(own => own.reshape(-1).split(MostWidened, 0))
            .Select(part =>
            {
                using var wide = part.to(ScalarType.Float64, copy: true);
                return wide.mul_(wide).sum();
            }).ToArray();
        return squares.Length == 0 ? 0 : stack(squares.Select(square => square.to(squares[0].device))).sum().item<double>();
    }

    private void ReadGradients()
    {
        CheckNotReplaced();
        foreach (var group in _groups) Gradient.Read(group.Slots);
    }

    private void ReleaseGradients()
    {
        foreach (var group in _groups) Gradient.Release(group.Slots);
    }

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
