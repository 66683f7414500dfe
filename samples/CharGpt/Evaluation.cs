using Root.Optimizers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CharGpt;

/// <summary>Loss on fixed parts of the text, in nats per byte, and how large attention's logits are there.</summary>
public static class Evaluation
{
    /// <summary>Mean loss over up to <paramref name="count"/> evenly spaced sequences of a part of the text.</summary>
    /// <param name="group">The ranks, which share the work out; each calls it.</param>
    public static double Loss(
        Gpt model, TextCorpus corpus, Part part, int count, int batch, Device device, IProcessGroup? group = null)
    {
        using var _ = no_grad();
        var (sum, bytes) = (0.0, 0L);
        using var scope = NewDisposeScope();
        foreach (var (inputs, targets) in corpus.Sequences(part, count, batch, device, group))
        {
            using var inner = NewDisposeScope();
            sum += Loss(model, inputs, targets, Reduction.Sum).item<float>();
            bytes += targets.numel();
        }

        return group.Sum(sum) / group.Sum(bytes);
    }

    /// <summary>The largest attention logit of all heads in <paramref name="count"/> evenly spaced sequences of the held-out
    /// text.</summary>
    public static double LargestLogit(Gpt model, TextCorpus corpus, int count, Device device)
    {
        using var scope = NewDisposeScope();
        var (inputs, _) = corpus.Sequences(Part.HeldOut, count, count, device).First();
        return model.LargestLogits(inputs).max().item<float>();
    }

    /// <summary>Cross-entropy of the targets (batch, time) under the model's predictions.</summary>
    public static Tensor Loss(Gpt model, Tensor inputs, Tensor targets, Reduction reduction = Reduction.Mean) =>
        functional.cross_entropy(
            model.forward(inputs).view(-1, GptOptions.Vocabulary), targets.reshape(-1), reduction: reduction);
}
