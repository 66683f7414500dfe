using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Distributed;

/// <summary>
/// Ranks that have a GPU each, over NCCL. Tensors on the GPU stay there: a call returns when it stands in the default stream, on which
/// TorchSharp runs everything, so that what comes after it sees its result. Tensors on the host, such as what ranks tell each other
/// beside tensors, and barriers go over the group that has brought the ranks together.
/// </summary>
internal sealed class NcclGroup : IProcessGroup
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>The default one.</summary>
    private const nint Stream = 0;

    private readonly Lock _gate = new();
    private readonly IProcessGroup _bootstrap;
    private readonly int _device;
    private readonly TimeSpan _timeLimit;
    private readonly nint _communicator, _mark;

    // What the device has still to come to, since when; and whether calls stand behind it.
    private string? _awaited;
    private long _since;
    private bool _more;
    private volatile int _released;

    /// <param name="bootstrap">Brings the ranks together.</param>
    /// <param name="device">The number of this rank's GPU, which becomes the calling thread's current one.</param>
    /// <param name="timeLimit">For the device to come to a call and through it.</param>
    public NcclGroup(IProcessGroup bootstrap, int? device, TimeSpan timeLimit)
    {
        NcclLibrary.Load();
        (_bootstrap, _timeLimit) = (bootstrap, timeLimit);
        // A launcher may show each rank its own GPU alone.
        _device = device ?? LocalRank % cuda.device_count();
        if (_device < 0 || _device >= cuda.device_count())
            throw new ArgumentOutOfRangeException(nameof(device), device, $"This process sees {cuda.device_count()} GPUs, from 0 on.");
        Cuda.Check(nameof(Cuda.cudaSetDevice), Cuda.cudaSetDevice(_device));
        var id = SharedId();
        var communicator = (nint)0;
        Watched(nameof(Nccl.ncclCommInitRank), () => Nccl.ncclCommInitRank(out communicator, Size, id, Rank));
        _communicator = communicator;
        Cuda.Check(nameof(Cuda.cudaEventCreateWithFlags), Cuda.cudaEventCreateWithFlags(out _mark, Cuda.WithoutTiming));
        new Thread(Watch) { IsBackground = true, Name = "NCCL's watch" }.Start();
    }

    public int Rank => _bootstrap.Rank;

    public int Size => _bootstrap.Size;

    public int LocalRank => _bootstrap.LocalRank;

    private Nccl.UniqueId SharedId()
    {
        using var scope = NewDisposeScope();
        var sent = zeros(Nccl.UniqueId.Bytes, dtype: ScalarType.Byte);
        if (Rank == 0)
        {
            Nccl.Check(nameof(Nccl.ncclGetUniqueId), Nccl.ncclGetUniqueId(out var made));
            MemoryMarshal.Write(sent.bytes, made);
        }
        _bootstrap.Broadcast(sent, root: 0);
        return MemoryMarshal.Read<Nccl.UniqueId>(sent.bytes);
    }

    public void AllReduce(Tensor x)
    {
        if (x.device_type != DeviceType.CUDA) _bootstrap.AllReduce(x);
        else
        {
            var type = SumType(x);
            Call(nameof(Nccl.ncclAllReduce), x, (name, at) =>
                Watched(name, () => Nccl.ncclAllReduce(at, at, (nuint)x.numel(), type, Nccl.Sum, _communicator, Stream)));
        }
    }

    public void ReduceScatter(Tensor x, IReadOnlyList<long> counts)
    {
        Arguments.CheckSegments(x, counts, Size);
        if (x.device_type != DeviceType.CUDA) _bootstrap.ReduceScatter(x, counts);
        else
        {
            var (type, size) = (SumType(x), x.ElementSize);
            Call(nameof(Nccl.ncclReduce), x, (name, at) => OfSegments(name, counts, (rank, start, count) =>
                Nccl.ncclReduce(at + start * (nint)size, at + start * (nint)size, count, type, Nccl.Sum, rank, _communicator, Stream)));
        }
    }

    public void AllGather(Tensor x, IReadOnlyList<long> counts)
    {
        Arguments.CheckSegments(x, counts, Size);
        if (x.device_type != DeviceType.CUDA) _bootstrap.AllGather(x, counts);
        else
        {
            var size = x.ElementSize;
            Call(nameof(Nccl.ncclBroadcast), x, (name, at) => OfSegments(name, counts, (rank, start, count) => Nccl.ncclBroadcast(
                at + start * (nint)size, at + start * (nint)size, count * (nuint)size, Nccl.UInt8, rank, _communicator, Stream)));
        }
    }

    public void Broadcast(Tensor x, int root)
    {
        Arguments.CheckRoot(x, root, Size);
        if (x.device_type != DeviceType.CUDA) _bootstrap.Broadcast(x, root);
        else
            Call(nameof(Nccl.ncclBroadcast), x, (name, at) => Watched(name, () => Nccl.ncclBroadcast(
                at, at, (nuint)(x.numel() * x.ElementSize), Nccl.UInt8, root, _communicator, Stream)));
    }

    public void Barrier() => _bootstrap.Barrier();

    public void Abort(string message)
    {
        // Where the ranks are processes, it ends this one.
        _bootstrap.Abort(message);
        Release(Nccl.ncclCommAbort);
    }

    /// <summary>Waits until this rank's device has done all, and leaves the others; on every rank.</summary>
    public void Finish()
    {
        cuda.synchronize(new Device(DeviceType.CUDA, _device));
        lock (_gate)
        {
            Watched(nameof(Nccl.ncclCommDestroy), () => Release(Nccl.ncclCommDestroy));
            Cuda.Check(nameof(Cuda.cudaEventDestroy), Cuda.cudaEventDestroy(_mark));
        }
    }

    private int Release(Func<nint, int> release) => Interlocked.Exchange(ref _released, 1) == 0 ? release(_communicator) : 0;

    private static int SumType(Tensor x) => Arguments.OfSum(x, Nccl.Float32, Nccl.Float64);

    /// <summary>A call on a tensor of this rank's GPU.</summary>
    private void Call(string name, Tensor x, Action<string, nint> call)
    {
        Arguments.CheckContiguous(x);
        if (x.device_index != _device)
            throw new ArgumentException($"Rank {Rank} works on cuda:{_device}, and the tensor lies on cuda:{x.device_index}.", nameof(x));
        if (x.numel() == 0) return;
        lock (_gate)
        {
            if (_released != 0) throw new InvalidOperationException("This group has ended.");
            call(name, Cuda.Address(x));
            GC.KeepAlive(x);
            if (_awaited is null) Mark(name);
            else _more = true;
        }
    }

    /// <summary>Calls of every segment at once; NCCL has none of unequal ones.</summary>
    private void OfSegments(string name, IReadOnlyList<long> counts, Func<int, nint, nuint, int> call)
    {
        Watched(nameof(Nccl.ncclGroupStart), Nccl.ncclGroupStart);
        try
        {
            for (var (rank, start) = (0, 0L); rank < Size; start += counts[rank++])
                if (counts[rank] > 0) Nccl.Check(name, call(rank, (nint)start, (nuint)counts[rank]), _communicator);
        }
        catch
        {
            // Else this thread's later calls would join the group.
            _ = Nccl.ncclGroupEnd();
            throw;
        }
        Watched($"{name} of segments", Nccl.ncclGroupEnd);
    }

    /// <summary>A call that may wait for other ranks on the host.</summary>
    private void Watched(string name, Func<int> call)
    {
        using var watch = new Timer(_ => Abort($"It has been in {name} for {_timeLimit}."), null, _timeLimit, Timeout.InfiniteTimeSpan);
        Nccl.Check(name, call(), _communicator);
    }

    private void Mark(string name)
    {
        Cuda.Check(nameof(Cuda.cudaEventRecord), Cuda.cudaEventRecord(_mark, Stream));
        (_awaited, _since, _more) = (name, Stopwatch.GetTimestamp(), false);
    }

    private void Watch()
    {
        // Of this thread.
        Cuda.Check(nameof(Cuda.cudaSetDevice), Cuda.cudaSetDevice(_device));
        while (_released == 0)
        {
            Thread.Sleep(BetweenLooks);
            if (!_gate.TryEnter()) continue; // a call is being made, which is watched by itself
            try
            {
                Look();
            }
            finally
            {
                _gate.Exit();
            }
        }
    }

    /// <summary>Whether NCCL has failed, or the device does not get through a call; both end the job.</summary>
    private void Look()
    {
        if (_released != 0) return;
        Nccl.Check(nameof(Nccl.ncclCommGetAsyncError), Nccl.ncclCommGetAsyncError(_communicator, out var error), _communicator);
        if (error is not (0 or Nccl.InProgress)) Abort($"NCCL: {Nccl.Text(error, _communicator)}");
        if (_awaited is null || _released != 0) return;
        var reached = Cuda.cudaEventQuery(_mark);
        if (reached == 0)
        {
            if (_more) Mark(_awaited);
            else _awaited = null;
        }
        else if (reached != Cuda.NotReady) Abort(Cuda.Text(nameof(Cuda.cudaEventQuery), reached));
        else if (Stopwatch.GetElapsedTime(_since) > _timeLimit)
            Abort($"Its GPU has not come through {_awaited} in {_timeLimit}: another rank may have failed, or makes other calls.");
    }
}
