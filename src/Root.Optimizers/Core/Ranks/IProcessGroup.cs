using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// Processes, or threads, that train one model together: ranks 0 to Size - 1. Every rank makes the same calls in the same order, with
/// tensors of equal shapes, types and kinds of device, dense and contiguous; a call returns when this rank's tensor holds the result.
/// AllReduce and Broadcast take tensors of any size. A rank that fails, or stays away, ends the others' calls by an exception or ends the
/// job; it does not leave them waiting for ever.
/// </summary>
public interface IProcessGroup
{
    /// <summary>Which one this is.</summary>
    int Rank { get; }

    /// <summary>How many there are.</summary>
    int Size { get; }

    /// <summary>Which one this is on its machine: the number of its GPU.</summary>
    int LocalRank { get; }

    /// <summary>x &lt;- the sum of all ranks' x.</summary>
    /// <param name="x">In float32 or float64.</param>
    /// <exception cref="ArgumentException">It is of another type, or not contiguous.</exception>
    void AllReduce(Tensor x);

    /// <summary>This rank's segment of x &lt;- the sum of that segment over all ranks; what the other segments hold is not said.</summary>
    /// <param name="x">Of one dimension, of at most 2^31 - 1 bytes, in float32 or float64; the segments of rank 0, 1 and so on.</param>
    /// <param name="counts">How many entries each rank's segment has; 0 is allowed. They add up to those of x, and
    /// are the same on all ranks.</param>
    /// <exception cref="ArgumentException">x is of another type or shape, not contiguous, or the counts do not add up.</exception>
    void ReduceScatter(Tensor x, IReadOnlyList<long> counts);

    /// <summary>Every other rank's segment of x &lt;- what that rank has there.</summary>
    /// <param name="x">Of one dimension, of at most 2^31 - 1 bytes, of any type; the segments of rank 0, 1 and so on.</param>
    /// <param name="counts">How many entries each rank's segment has; 0 is allowed. They add up to those of x, and
    /// are the same on all ranks.</param>
    /// <exception cref="ArgumentException">x is of another shape, not contiguous, or the counts do not add up.</exception>
    void AllGather(Tensor x, IReadOnlyList<long> counts);

    /// <summary>x &lt;- what the root has.</summary>
    /// <param name="x">Of any type.</param>
    /// <param name="root">A rank, the same on all.</param>
    /// <exception cref="ArgumentException">x is not contiguous, or there is no such rank.</exception>
    void Broadcast(Tensor x, int root);

    /// <summary>Returns when all ranks have called it.</summary>
    void Barrier();

    /// <summary>Ends the job of all ranks, which would else wait for this one.</summary>
    /// <param name="message">Why.</param>
    void Abort(string message);
}
