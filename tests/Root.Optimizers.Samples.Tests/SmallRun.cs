using CharGpt;
using Shared;
using TorchSharp;
using TorchSharp.Modules;

namespace Root.Optimizers.Samples.Tests;

/// <summary>A run of CharGpt after three of four steps, so small that thousands of its checkpoints can be read.</summary>
internal sealed class SmallRun : IDisposable
{
    private static readonly byte[] Text = [.. Enumerable.Range(0, 400).Select(i => (byte)('a' + i * i % 23))];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("checkpoint-test-");
    private readonly TextCorpus corpus;

    public SmallRun(string optimizer, int steps = 3)
    {
        Options = OptimizerFactory.WithDefaults(new TrainOptions
        {
            Optimizer = optimizer, Steps = 4, Warmup = 1, Batch = 2, EvalEvery = 2,
            Model = new GptOptions { Layers = 1, Width = 2, Heads = 1, Context = 4 },
        });
        corpus = new TextCorpus(Text, Options.Model.Context);
        torch.manual_seed(Options.Seed);
        Model = new Gpt(Options.Model);
        Optimizer = OptimizerFactory.Make(Model, Options);
        Train(0, steps);
        Save();
        Original = File.ReadAllBytes(Path);
    }

    public TrainOptions Options { get; }

    public Gpt Model { get; }

    public OptimizerHelper Optimizer { get; private set; }

    public List<StepMetrics> History { get; } = [];

    public string Path => System.IO.Path.Combine(folder.FullName, Checkpoint.FileName);

    /// <summary>The checkpoint as it was written.</summary>
    public byte[] Original { get; }

    /// <summary>Trains on to a step.</summary>
    /// <param name="load">Loads the optimizer's state, where <see cref="Resume"/> has not.</param>
    public void Train(int from, int to, TrainOptions? options = null, Action? load = null)
    {
        var trainer = new Trainer(Model, Optimizer, corpus, options ?? Options, torch.CPU);
        trainer.ContinueFrom(from, 1, load ?? (() => { }));
        using var stop = new CancellationTokenSource();
        if (from == to)
        {
            stop.Cancel();
        }

        trainer.Run(
            metrics =>
            {
                History.Add(metrics);
                if (trainer.Step == to)
                {
                    stop.Cancel();
                }
            },
            stop.Token);
    }

    public void Save() => Checkpoint.Save(
        Path, new CheckpointState(History.Count, Options, "text.txt", corpus.Sha256), History, Model, Optimizer);

    /// <summary>Opens these bytes as a checkpoint and loads all of it, into a new optimizer: one that another file was refused for may
    /// be loaded in part.</summary>
    public void Resume(byte[] bytes)
    {
        File.WriteAllBytes(Path, bytes);
        using var checkpoint = Checkpoint.Open(Path);
        checkpoint.Load(Model);
        Optimizer.Dispose();
        Optimizer = OptimizerFactory.Make(Model, Options);
        checkpoint.Load(Optimizer);
    }

    /// <summary>Why these bytes are refused.</summary>
    public string AssertRefused(byte[] bytes)
    {
        var message = Refusal(bytes);
        Assert.NotNull(message);
        return message;
    }

    /// <summary>Why these bytes are refused, in one line; null where they are taken. Anything else ends the test.</summary>
    public string? Refusal(byte[] bytes)
    {
        try
        {
            Resume(bytes);
            return null;
        }
        catch (UserException e)
        {
            Assert.StartsWith($"{Path} cannot be resumed: ", e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(e.Message, char.IsControl);
            return e.Message;
        }
    }

    public void Dispose()
    {
        Optimizer.Dispose();
        Model.Dispose();
        folder.Delete(recursive: true);
    }
}
