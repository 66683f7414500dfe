using CharGpt;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Samples.Tests;

/// <summary>CharGpt's largest attention logits, and what --qk-clip does to them.</summary>
public class QkClipTests
{
    private static readonly byte[] Text = [.. Enumerable.Range(0, 400).Select(i => (byte)('a' + i * i % 23))];

    private static readonly TrainOptions Options = new()
    {
        Steps = 60, Warmup = 1, Batch = 2, EvalEvery = 30, LearningRate = 0.2,
        Model = new GptOptions { Layers = 1, Width = 8, Heads = 2, Context = 6 },
    };

    [Fact]
    public void The_largest_logits_are_those_of_each_head_over_the_bytes_that_it_sees()
    {
        manual_seed(3);
        using var model = new Gpt(Options.Model);
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var weights = model.named_parameters().ToDictionary(of => of.name, of => of.parameter);
        weights["blocks.0.attention.qkv.weight"].mul_(50);
        var bytes = randint(256, [3, 6], dtype: int64);
        var x = weights["token_embedding.weight"].index_select(0, bytes.view(-1));
        x = nn.functional.layer_norm(x, [8]).view(3, 6, 8);
        var (q, k) = (Heads(0), Heads(1));
        for (var head = 0; head < 2; head++)
        {
            var expected = (
                from sequence in Enumerable.Range(0, 3)
                from i in Enumerable.Range(0, 6)
                from j in Enumerable.Range(0, i + 1)
                select (q[sequence, i, head] * k[sequence, j, head]).sum().item<float>() / 2).Max(); // sqrt(size) = 2
            Assert.Equal(expected, model.LargestLogits(bytes)[0, head].item<float>(), 1e-4); // observed 1.9e-6, of 14
        }

        Tensor Heads(int part) =>
            x.matmul(weights["blocks.0.attention.qkv.weight"].narrow(0, 8 * part, 8).t()).view(3, 6, 2, 4);
    }

    [Fact]
    public void A_run_with_a_threshold_keeps_logits_at_it()
    {
        const double Threshold = 0.05;
        var (free, _) = Train(Options);
        var (clipped, last) = Train(Options with { QkClip = Threshold });
        Assert.True(free > 10 * Threshold, $"{free}"); // observed 1.44
        Assert.InRange(clipped, 0, 1.5 * Threshold); // of held-out text; observed 0.05
        Assert.Equal(Threshold, last, 1e-6); // of what was clipped; observed 3e-9
    }

    [Fact]
    public void A_threshold_that_no_logit_reaches_changes_nothing() =>
        Assert.Equal(Train(Options), Train(Options with { QkClip = 1000 }));

    /// <summary>The largest logit that was logged last, and that of the last step's batch.</summary>
    private static (double Logged, double LastBatch) Train(TrainOptions options)
    {
        manual_seed(options.Seed);
        using var model = new Gpt(options.Model);
        using var optimizer = OptimizerFactory.Make(model, options);
        var corpus = new TextCorpus(Text, options.Model.Context);
        var logged = double.NaN;
        new Trainer(model, optimizer, corpus, options, CPU).Run(
            metrics => logged = metrics.MaxLogit ?? logged, TestContext.Current.CancellationToken);
        using var scope = NewDisposeScope();
        var (inputs, _) = corpus.TrainingBatch(options.Seed, options.Steps - 1, options.Batch, CPU);
        return (logged, model.LargestLogits(inputs).max().item<float>());
    }
}
