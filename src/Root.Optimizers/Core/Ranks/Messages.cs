using System.Buffers.Binary;
using System.Runtime.ExceptionServices;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.Ranks;

/// <summary>
/// What ranks tell each other beside tensors. What a rank does by itself before it tells may fail: then all ranks throw, the one with
/// its own exception and the others with one of its kind that names it, and none waits for a call that does not come.
/// </summary>
internal sealed class Messages(IProcessGroup group)
{
    /// <summary>Short messages travel in the first call, behind their length.</summary>
    private const int Frame = 64, Short = Frame - sizeof(int);

    private const byte Done = 255;

    /// <summary>The exceptions that keep their kind, by the number that stands for it; others become the last one.</summary>
    private static readonly (Type type, Func<string, Exception> make)[] Kinds =
    [
        (typeof(NotFiniteNumberException), text => new NotFiniteNumberException(text)),
        (typeof(ArgumentException), text => new ArgumentException(text)),
        (typeof(InvalidDataException), text => new InvalidDataException(text)),
        (typeof(IOException), text => new IOException(text)),
        (typeof(Exception), text => new InvalidOperationException(text)),
    ];

    /// <summary>Which rank this is.</summary>
    public int Rank => group.Rank;

    /// <summary>Does what every rank does by itself, and learns what the others made of theirs.</summary>
    /// <param name="own">Makes this rank's message.</param>
    /// <returns>The messages of all ranks.</returns>
    /// <remarks>Where a rank fails, its exception is thrown on all.</remarks>
    public byte[][] Exchange(Func<byte[]> own)
    {
        byte[] message;
        Exception? failure = null;
        try
        {
            message = [Done, .. own()];
        }
        catch (Exception e)
        {
            failure = e;
            message = [(byte)Array.FindIndex(Kinds, kind => kind.type.IsInstanceOfType(e)), .. Encoding.UTF8.GetBytes(e.Message)];
        }
        var all = Gather(message);
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
        if (Array.FindIndex(all, its => its[0] != Done) is >= 0 and var rank)
            throw Kinds[all[rank][0]].make($"Rank {rank}: {Encoding.UTF8.GetString(all[rank].AsSpan(1))}");
        return [.. all.Select(its => its[1..])];
    }

    /// <summary>Does what every rank does by itself; where one fails, all throw.</summary>
    public void Agree(Action own) => Exchange(() =>
    {
        own();
        return [];
    });

    private byte[][] Gather(byte[] own)
    {
        using var scope = NewDisposeScope();
        var frames = zeros(group.Size * Frame, dtype: ScalarType.Byte);
        var frame = frames.bytes.Slice(group.Rank * Frame, Frame);
        BinaryPrimitives.WriteInt32LittleEndian(frame, own.Length);
        own.AsSpan(0, Math.Min(Short, own.Length)).CopyTo(frame[sizeof(int)..]);
        group.AllGather(frames, [.. Enumerable.Repeat((long)Frame, group.Size)]);

        var all = new byte[group.Size][];
        for (var rank = 0; rank < all.Length; rank++)
        {
            var its = frames.bytes.Slice(rank * Frame, Frame);
            all[rank] = new byte[BinaryPrimitives.ReadInt32LittleEndian(its)];
            its[sizeof(int)..][..Math.Min(Short, all[rank].Length)].CopyTo(all[rank]);
        }
        long[] counts = [.. all.Select(message => Math.Max(0L, message.Length - Short))];
        if (counts.Sum() == 0) return all;

        var rests = zeros(counts.Sum(), dtype: ScalarType.Byte);
        own.AsSpan(Math.Min(Short, own.Length)).CopyTo(rests.bytes[checked((int)counts.Take(group.Rank).Sum())..]);
        group.AllGather(rests, counts);
        for (var (rank, place) = (0, 0); rank < all.Length; place += (int)counts[rank++])
            rests.bytes.Slice(place, (int)counts[rank]).CopyTo(all[rank].AsSpan(Math.Min(Short, all[rank].Length)));
        return all;
    }
}
