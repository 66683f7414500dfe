using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.Ranks;

/// <summary>
/// An optimizer's work and state, shared out over the ranks of a group. Each rank steps what is its own, on gradients that are the same
/// on all ranks, and then the parameters are gathered: they are equal on all ranks, to the bit, and those that one process would have.
/// </summary>
internal sealed partial class Shards(IProcessGroup group)
{
    /// <summary>In a call of many ranks each has this much all the same: calls cost their latency.</summary>
    private const long LeastOfRank = 1 << 16;

    /// <summary>In the place of <see cref="MostAtOnce"/> and <see cref="LeastOfRank"/>.</summary>
    internal long? MostGathered { get; set; }

    /// <summary>Of the hash of options that a step compares: short, to travel with the rest.</summary>
    private const int HashBytes = 8;

    /// <summary>The ranks.</summary>
    public IProcessGroup Group => group;

    /// <summary>Who has what; null before there are parameters.</summary>
    public ShardPlan? Current { get; private set; }

    /// <summary>What they tell each other.</summary>
    public Messages Messages { get; } = new(group);

    /// <summary>What a rank knows of a parameter before a step.</summary>
    private enum Status : byte
    {
        /// <summary>It has no gradient here.</summary>
        None,

        /// <summary>It has one, which is not this rank's to use.</summary>
        Present,

        /// <summary>It has one that this rank is to use.</summary>
        Used,

        /// <summary>It has one that is not to be used: see <see cref="NonFinite.Skip"/>.</summary>
        Skipped,
    }

    /// <summary>Shares out the parameters of new groups.</summary>
    /// <returns>The plan with them, to be <see cref="Take">taken</see> when they are added.</returns>
    public ShardPlan Plan(IReadOnlyList<MatrixOptimizer.Group> added)
    {
        var units = added.SelectMany(Units).ToArray();
        var plan = new ShardPlan(units.Select(of => of.unit).ToArray(), group.Size, Current);
        foreach (var ((_, slots), pieces) in units.Zip(plan.Pieces))
            foreach (var slot in slots)
            {
                slot.Pieces = pieces is [var whole] ? [whole with { Length = slot.Entries }] : pieces;
                slot.IsOwn = slot.Pieces.Any(IsOwn);
                if (slot is VectorSlot vector && slot is { IsOwn: true, Pieces.Count: > 1 }) vector.Cut = slot.Pieces.Single(IsOwn);
            }
        return plan;
    }

    /// <summary>What is added later is shared out beside this.</summary>
    public void Take(ShardPlan plan) => Current = plan;

    /// <summary>What is owned as one: the bundles that share a parameter, and the vectors that are joined.</summary>
    private static IEnumerable<(ShardUnit unit, IReadOnlyCollection<Slot> slots)> Units(MatrixOptimizer.Group of)
    {
        var joined = new List<HashSet<MatrixSlot>>();
        foreach (var bundle in of.Matrices)
        {
            var slots = bundle.Parts.Select(part => part.Slot).ToHashSet();
            foreach (var met in joined.Where(other => other.Overlaps(slots)).ToArray())
            {
                slots.UnionWith(met);
                joined.Remove(met);
            }
            joined.Add(slots);
        }
        foreach (var slots in joined)
            yield return (UnitOf(slots, slots.Sum(slot => slot.Parts.Sum(part => part.Blocks * ShardUnit.CostOf(part.Shape)))), slots);
        foreach (var bundle in of.Vectors)
            yield return (UnitOf(bundle.Slots, cost: 0) with
            {
                CanBeCut = bundle.Slots is [{ IsSmall: false, Entries: > 0 } alone] && alone.Parameter.is_contiguous(),
            }, bundle.Slots);

        static ShardUnit UnitOf(IReadOnlyCollection<Slot> slots, double cost) =>
            new(cost, slots.Sum(slot => slot.Entries), (int)slots.First().Parameter.ElementSize);
    }

    private bool IsOwn(Piece piece) => piece.Rank == group.Rank;

    /// <summary>
    /// Checks gradients, those that are this rank's, and settles with the other ranks which parameters take the step. What is not to be
    /// used here is released.
    /// </summary>
    /// <param name="slots">All of them.</param>
    /// <param name="ready">Reads all gradients, hands them on to be thinned, and checks those that are left.</param>
    /// <param name="options">What of the groups' options must be the same on all ranks, in lines; asked when all is ready.</param>
    /// <exception cref="InvalidOperationException">On every rank: options differ; or a parameter has a gradient somewhere, and none where
    /// it is stepped.</exception>
    public void Settle(Slot[] slots, Action<Action> ready, Func<IReadOnlyList<string>> options)
    {
        var (has, lines) = (new bool[slots.Length], (IReadOnlyList<string>)[]);
        var all = Messages.Exchange(() =>
        {
            ready(() => KeepOwn(slots, has));
            lines = options();
            return [.. slots.Select((slot, i) => (byte)(!has[i] ? Status.None
                : !slot.IsOwn ? Status.Present
                : slot.Gradient is null ? Status.Skipped : Status.Used)), .. SameModel.Hash(lines).AsSpan(0, HashBytes)];
        });
        if (all.Any(its => !its.AsSpan(slots.Length).SequenceEqual(all[0].AsSpan(slots.Length)))) SameModel.Check(Messages, lines);
        for (var i = 0; i < slots.Length; i++)
        {
            if (Array.FindIndex(all, its => its[i] != (byte)Status.None) is var present && present < 0) continue;
            foreach (var piece in slots[i].Pieces)
                if (all[piece.Rank][i] == (byte)Status.None)
                    throw new InvalidOperationException($"{slots[i].Label} has a gradient on rank {present} and none on rank {piece.Rank}, "
                        + "which steps it. Gradients must be the same on all ranks: average them before the step.");
            var skipped = slots[i].Pieces.Any(piece => all[piece.Rank][i] == (byte)Status.Skipped);
            if (skipped) Release(slots[i]);
            slots[i].IsSteppedElsewhere = !skipped && slots[i].Gradient is null;
        }
    }

    /// <summary>Does this rank's part of a step, and tells the others what it has found out; where a rank fails, all throw.</summary>
    public void Share(Func<byte[]> step, Action<byte[]> take)
    {
        var findings = Messages.Exchange(step);
        for (var rank = 0; rank < group.Size; rank++)
            if (rank != group.Rank && findings[rank].Length > 0) take(findings[rank]);
    }

    /// <summary>Takes away the gradients that are not this rank's to use.</summary>
    /// <param name="slots">All parameters.</param>
    /// <param name="has">Set: which ones had a gradient.</param>
    private static void KeepOwn(Slot[] slots, bool[] has)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i].Gradient is not { } gradient) continue;
            has[i] = true;
            if (!slots[i].IsOwn) Release(slots[i]);
            else if (slots[i] is VectorSlot { Cut: not null } vector)
                using (gradient.Value)
                    vector.Gradient = gradient with { Value = vector.Own(gradient.Value) };
        }
    }

    private static void Release(Slot slot)
    {
        slot.Gradient?.Value.Dispose();
        slot.Gradient = null;
    }

    /// <summary>Gives every rank the parameters that others have stepped.</summary>
    public void Gather(IEnumerable<Slot> slots) =>
        InChunks(slots.Where(slot => slot.IsStepped), slot => slot.Parameter.dtype, (flat, counts, places) =>
        {
            foreach (var (slot, piece, place) in places.Where(its => IsOwn(its.piece))) place.copy_(Part(slot, slot.Parameter, piece));
            group.AllGather(flat, counts);
            foreach (var (slot, piece, place) in places.Where(its => !IsOwn(its.piece))) Part(slot, slot.Parameter, piece).copy_(place);
        });

    /// <summary>Writes the file that one process would write; on rank 0. The state comes there one buffer at a time.</summary>
    /// <param name="write">Of rank 0: writes, given the counts of steps without gradient of every parameter and all buffers in
    /// order.</param>
    /// <param name="slots">All parameters.</param>
    public void Save(IReadOnlyList<Slot> slots, Action<IReadOnlyList<float[]>, IEnumerable<Tensor>> write)
    {
        var idle = IdleCounts(slots);
        using var buffers = Buffers(slots).GetEnumerator();
        Messages.Agree(() =>
        {
            try
            {
                if (group.Rank == 0) write(idle, Rest(buffers));
            }
            finally
            {
                // Also where rank 0 cannot write: the others go on sending.
                foreach (var _ in Rest(buffers));
            }
        });

        static IEnumerable<Tensor> Rest(IEnumerator<Tensor> buffers)
        {
            while (buffers.MoveNext()) yield return buffers.Current;
        }
    }

    private float[][] IdleCounts(IReadOnlyList<Slot> slots)
    {
        var all = Messages.Exchange(() => MemoryMarshal.AsBytes<float>(
            slots.Where(slot => slot.IsOwn).SelectMany(slot => slot.Kept.IdleOnHost()).ToArray()).ToArray());
        var places = new int[all.Length];
        return [.. slots.Select(slot =>
        {
            var (owner, count) = (slot.Pieces[0].Rank, (int)slot.Kept.IdleCounts);
            return MemoryMarshal.Cast<byte, float>(all[owner]).Slice((places[owner] += count) - count, count).ToArray();
        })];
    }

    /// <summary>Every buffer whole, on every rank; each is valid until the next.</summary>
    private IEnumerable<Tensor> Buffers(IReadOnlyList<Slot> slots)
    {
        foreach (var slot in slots)
            foreach (var (name, shape, type) in slot.Kept.Layouts)
            {
                using var whole = empty(shape, dtype: type, device: slot.Parameter.device).DetachFromDisposeScope();
                foreach (var piece in slot.Pieces)
                {
                    using var scope = NewDisposeScope();
                    var part = slot.Pieces.Count == 1 ? whole : whole.view(-1).narrow(0, piece.Start, piece.Length);
                    if (IsOwn(piece)) part.copy_(slot.Kept[name]);
                    if (piece.Length > 0) group.Broadcast(part, piece.Rank);
                }
                yield return whole;
            }
    }

    /// <summary>
    /// So many entries are gathered or averaged by one call at most. On a CPU 4 MB of float32: a chunk is still in the caches when it is
    /// copied out of them, and its memory is the allocator's from call to call (docs/scaling.md has what more costs). A GPU, which has
    /// neither trouble, gets 64 MB: not measured.
    /// </summary>
    private static long MostAtOnce(DeviceType device) => device == DeviceType.CPU ? 1 << 20 : 1 << 24;

    /// <summary>Lays pieces of all ranks behind each other, those of rank 0 first, a bounded number of entries at a time.</summary>
    /// <param name="slots">Whose pieces.</param>
    /// <param name="typeOf">In what type they travel.</param>
    /// <param name="exchange">Given the memory, how much of it each rank has, and the place of every piece in it.</param>
    private void InChunks(IEnumerable<Slot> slots, Func<Slot, ScalarType> typeOf,
        Action<Tensor, long[], IReadOnlyList<(Slot slot, Piece piece, Tensor place)>> exchange)
    {
        foreach (var alike in slots.Where(slot => slot.Parameter.device_type != DeviceType.META)
            .GroupBy(slot => (type: typeOf(slot), slot.Parameter.device_type, slot.Parameter.device_index)))
        {
            var pieces = alike.SelectMany(slot => slot.Pieces.Select(piece => (slot, piece))).Where(its => its.piece.Length > 0)
                .ToLookup(its => its.piece.Rank);
            var most = MostGathered is { } given ? Math.Max(1, given / group.Size)
                : Math.Max(LeastOfRank, MostAtOnce(alike.Key.device_type) / group.Size);
            var chunks = Enumerable.Range(0, group.Size).Select(rank => Chunks(pieces[rank], most)).ToArray();
            for (var i = 0; i < chunks.Max(its => its.Count); i++)
            {
                using var scope = NewDisposeScope();
                var ranks = chunks.Select(its => its.ElementAtOrDefault(i) ?? []).ToArray();
                long[] counts = [.. ranks.Select(of => of.Sum(its => its.piece.Length))];
                var flat = empty(counts.Sum(), dtype: alike.Key.type, device: alike.First().Parameter.device);
                var (places, start) = (new List<(Slot, Piece, Tensor)>(), 0L);
                foreach (var (slot, piece) in ranks.SelectMany(of => of))
                {
                    var place = flat.narrow(0, start, piece.Length);
                    places.Add((slot, piece, piece.Length == slot.Entries ? place.view(slot.Shape) : place));
                    start += piece.Length;
                }
                exchange(flat, counts, places);
            }
        }
    }

    /// <summary>A piece of a tensor of the parameter's shape, as a view; where it is not all, of one that lies in one piece.</summary>
    private static Tensor Part(Slot slot, Tensor of, Piece piece) =>
        piece.Length == slot.Entries ? of : of.view(-1).narrow(0, piece.Start, piece.Length);

    /// <summary>One rank's pieces, cut where they can be, as many at a time as are gathered by one call.</summary>
    private static List<List<(Slot slot, Piece piece)>> Chunks(IEnumerable<(Slot slot, Piece piece)> pieces, long most)
    {
        var (chunks, room) = (new List<List<(Slot, Piece)>>(), 0L);
        foreach (var (slot, piece) in pieces)
            for (long done = 0, length; done < piece.Length; done += length)
            {
                if (room <= 0)
                {
                    chunks.Add([]);
                    room = most;
                }
                length = slot.Parameter.is_contiguous() ? Math.Min(room, piece.Length - done) : piece.Length;
                chunks[^1].Add((slot, piece with { Start = piece.Start + done, Length = length }));
                room -= length;
            }
        return chunks;
    }
}
