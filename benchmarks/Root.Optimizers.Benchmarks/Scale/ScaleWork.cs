using CharGpt;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Scale;

/// <summary>What is trained: CharGpt's model in a known size, on random bytes, other ones on every rank.</summary>
internal sealed class ScaleWork : IDisposable
{
    private static readonly Dictionary<string, GptOptions> Known = new()
    {
        ["chargpt"] = new(),
        // Its matrices, each layer's four; the vocabulary is bytes.
        ["gpt2-small"] = new() { Layers = 12, Width = 768, Heads = 12 },
    };

    private readonly Tensor _bytes;

    /// <param name="name">What --params says.</param>
    /// <param name="sequences">Of a rank, at the most.</param>
    /// <param name="rank">Which.</param>
    public ScaleWork(string name, int sequences, int rank)
    {
        var (options, layers) = ModelName.Find(name, Known, options => options.Layers);
        manual_seed(1);
        Model = new(options with { Layers = layers });
        using var random = new Generator((ulong)rank, CPU);
        _bytes = randint(0, GptOptions.Vocabulary, [sequences, Context + 1], dtype: ScalarType.Int64, generator: random);
    }

    public static string Names => ModelName.Help(Known.Keys);

    public Gpt Model { get; }

    /// <summary>Tokens of a sequence.</summary>
    public int Context => Model.Options.Context;

    public long Parameters => Model.parameters().Sum(p => p.numel());

    /// <summary>Makes gradients, of the first sequences of this rank.</summary>
    public void ForwardAndBackward(int sequences)
    {
        using var scope = NewDisposeScope();
        var rows = _bytes.narrow(0, 0, sequences);
        Model.zero_grad();
        Evaluation.Loss(Model, rows.narrow(1, 0, Context), rows.narrow(1, 1, Context)).backward();
    }

    public void Dispose()
    {
        _bytes.Dispose();
        Model.Dispose();
    }
}
