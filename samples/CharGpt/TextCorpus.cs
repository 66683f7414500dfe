using System.Security.Cryptography;
using Root.Optimizers;
using Root.Optimizers.Distributed;
using Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace CharGpt;

/// <summary>A text as bytes: its last tenth is held out, the rest is trained on.</summary>
public sealed class TextCorpus
{
    private readonly byte[] text;
    private readonly int context;
    private readonly int trainingLength;

    public TextCorpus(byte[] text, int context)
    {
        this.text = text;
        this.context = context;
        trainingLength = text.Length - text.Length / 10;
        if (text.Length / 10 <= context)
        {
            throw new UserException(
                $"The text has {text.Length:N0} bytes; as its last tenth is held out, a context of {context} needs "
                + $"{10 * (context + 1L):N0}. Give a longer --text or a smaller --context.");
        }
    }

    public int Length => text.Length;

    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(text));

    /// <summary>
    /// The batch of a step: inputs and targets (batch, context), cut at random places of the training text.
    /// A pure function of seed and step, so that a resumed run sees what an unbroken one would have seen.
    /// </summary>
    /// <param name="group">The ranks, whose number divides the batch: each has its part of it.</param>
    public (Tensor Inputs, Tensor Targets) TrainingBatch(
        int seed, int step, int batch, Device device, IProcessGroup? group = null)
    {
        var random = new CounterRandom(seed);
        var places = (ulong)(trainingLength - context);
        var starts = new int[batch];
        for (var i = 0; i < batch; i++)
        {
            starts[i] = (int)(random[(ulong)step * (ulong)batch + (ulong)i] % places);
        }

        return Cut(group is null ? starts : [.. group.Shard(starts)], device);
    }

    /// <summary>Evenly spaced, non-overlapping sequences of a part of the text, in batches; several ranks share these out.</summary>
    public IEnumerable<(Tensor Inputs, Tensor Targets)> Sequences(
        Part part, int count, int batch, Device device, IProcessGroup? group = null)
    {
        var (start, length) = part == Part.Training
            ? (0, trainingLength)
            : (trainingLength, text.Length - trainingLength);
        var available = (length - 1) / context;
        count = Math.Min(count, available);
        return Enumerable.Range(0, count)
            .Select(i => start + (int)((long)i * available / count) * context)
            .Chunk(batch)
            .Where((_, i) => group is null || i % group.Size == group.Rank)
            .Select(starts => Cut(starts, device));
    }

    private (Tensor Inputs, Tensor Targets) Cut(int[] starts, Device device)
    {
        var bytes = new long[starts.Length * (context + 1)];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = text[starts[i / (context + 1)] + i % (context + 1)];
        }

        var sequences = tensor(bytes, [starts.Length, context + 1], device: device);
        return (sequences.narrow(1, 0, context), sequences.narrow(1, 1, context));
    }
}

public enum Part
{
    Training,
    HeldOut,
}
