using System.Globalization;
using CharGpt;
using Shared;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Compare;

/// <summary>Something to train CharGpt with.</summary>
/// <param name="Name">As tables and plots call it.</param>
/// <param name="LearningRate">Peak learning rate.</param>
/// <param name="Create">Makes the optimizer, given the learning rate.</param>
internal sealed record Contender(string Name, double LearningRate, Func<Gpt, double, OptimizerHelper> Create)
{
    /// <summary>One of CharGpt's optimizers, at CharGpt's learning rate.</summary>
    public static Contender Named(string name)
    {
        var options = OptimizerFactory.WithDefaults(new TrainOptions { Optimizer = name });
        return new(name, options.LearningRate!.Value,
            (model, lr) => OptimizerFactory.Make(model, options with { LearningRate = lr }));
    }
}

/// <summary>An optimizer that has other weights to be evaluated than it trains.</summary>
internal interface IAveraged
{
    /// <summary>Puts them into the model, until the result is disposed; null: there are none.</summary>
    IDisposable? Swap();
}

/// <summary>One training, to be done.</summary>
internal sealed record Job(Contender Contender, int Seed, Func<Gpt, Action<int>>? Noise = null);

/// <summary>What one training came to; a loss that is no number where it diverged.</summary>
internal sealed record Outcome(Contender Contender, int Seed, double ValLoss, double SecondsPerStep,
    IReadOnlyList<StepMetrics> History);

/// <summary>Trains CharGpt on Moby-Dick, job after job.</summary>
internal static class Training
{
    /// <summary>Sequences of the final evaluation.</summary>
    private const int FinalSequences = 1024;

    public static readonly Lazy<byte[]> Text = new(() => Dataset.Read(Dataset.MobyDick.Name));

    /// <param name="done">Given all outcomes so far after each job: a run of half an hour is not lost where it is stopped.</param>
    public static List<Outcome> Run(IReadOnlyList<Job> jobs, int steps, int evalEvery, Action<IReadOnlyList<Outcome>> done)
    {
        var outcomes = new List<Outcome>();
        string Keep(Outcome outcome)
        {
            outcomes.Add(outcome);
            done(outcomes);
            return string.Create(CultureInfo.InvariantCulture,
                $"{Name(outcome.Contender, outcome.Seed)}: {Figures.Loss(outcome.ValLoss)}, {outcome.SecondsPerStep:0.000} s a step");
        }
        return Trainings.Run(
            [.. jobs.Select(job => new Training<Outcome>(Name(job.Contender, job.Seed), steps,
                stepped => Train(job, steps, evalEvery, stepped)))], Keep);
    }

    private static string Name(Contender contender, int seed) =>
        string.Create(CultureInfo.InvariantCulture, $"{contender.Name} lr {contender.LearningRate:g3} seed {seed}");

    private static Outcome Train(Job job, int steps, int evalEvery, Action stepped) =>
        Train(job, new() { Steps = steps, EvalEvery = evalEvery }, CPU, stepped);

    /// <summary>One training.</summary>
    /// <param name="job">What is trained, and with which seed.</param>
    /// <param name="options">All else; seed and learning rate are the job's.</param>
    /// <param name="device">Where.</param>
    /// <param name="stepped">Called after each step.</param>
    public static Outcome Train(Job job, TrainOptions options, Device device, Action stepped)
    {
        options = (options with { Seed = job.Seed, LearningRate = job.Contender.LearningRate }).Validated();
        manual_seed(options.Seed);
        using var model = new Gpt(options.Model).to(device);
        using var optimizer = job.Contender.Create(model, options.LearningRate!.Value);
        var corpus = new TextCorpus(Text.Value, options.Model.Context);
        var trainer = new Trainer(model, optimizer, corpus, options, device, job.Noise?.Invoke(model));
        var history = new List<StepMetrics>();
        double loss;
        try
        {
            trainer.Run(metrics =>
            {
                history.Add(metrics);
                stepped();
            });
            using var averaged = (optimizer as IAveraged)?.Swap();
            loss = CharGpt.Evaluation.Loss(model, corpus, Part.HeldOut, FinalSequences, options.Batch, device);
        }
        catch (UserException) when (history.Count > 0)
        {
            // The trainer refuses a loss that is no number; for a comparison that is a result.
            loss = double.NaN;
        }
        // The median: another process that takes the cores for a while does not count.
        var seconds = Timing.Median(history.Skip(1).Zip(history, (later, earlier) => later.Seconds - earlier.Seconds));
        return new(job.Contender, job.Seed, loss, seconds, history);
    }
}

/// <summary>How results are written.</summary>
internal static class Figures
{
    /// <summary>Mean, half the range between the extremes, and each.</summary>
    public static string WithSpread(IReadOnlyCollection<double> values) => string.Create(CultureInfo.InvariantCulture,
        $"{Loss(values.Average())} ± {(values.Max() - values.Min()) / 2:0.0000} | {string.Join(", ", values.Select(Loss))}");

    public static string Loss(double value) =>
        double.IsFinite(value) ? value.ToString("0.0000", CultureInfo.InvariantCulture) : "diverged";

    /// <summary>Validation loss over the steps, the mean over the seeds.</summary>
    public static IEnumerable<(double step, double loss)> Curve(IEnumerable<Outcome> seeds) => seeds
        .SelectMany(o => o.History.Where(m => m.ValLoss is not null))
        .GroupBy(m => m.Step, m => m.ValLoss!.Value)
        .OrderBy(step => step.Key)
        .Select(step => ((double)step.Key, step.Average()));

    /// <summary>One training, for JSON, which has no word for what is no number: null.</summary>
    public static object Json(Outcome o, bool noise = false) => new
    {
        optimizer = o.Contender.Name, lr = o.Contender.LearningRate, seed = o.Seed, noise,
        loss = Finite(o.ValLoss), seconds_per_step = Finite(o.SecondsPerStep),
        validation = o.History.Where(m => m.ValLoss is not null).Select(m => new { step = m.Step, loss = m.ValLoss }),
    };

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    /// <summary>Writes figures to a file, where one is asked for.</summary>
    public static void SaveJson(string? path, object figures)
    {
        if (path is not null) ResultFile.Write(path, figures);
    }

    /// <summary>Writes a page and a plot under a common name.</summary>
    public static void Save(string folder, string name, string page, LinePlot plot)
    {
        AtomicFile.Write(Path.Combine(folder, name + ".md"), page);
        plot.Save(Path.Combine(folder, name + ".svg"));
    }
}
