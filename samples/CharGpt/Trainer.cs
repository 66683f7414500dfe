using System.Diagnostics;
using Root.Optimizers;
using Root.Optimizers.Distributed;
using Shared;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.optim.lr_scheduler;

namespace CharGpt;

/// <summary>The training loop. It prints nothing and writes no files: it reports each step to its caller.</summary>
/// <param name="beforeUpdate">Called with the step's number (from 0) once gradients are there, and may change them.</param>
/// <param name="group">The ranks that train together, each on its part of every batch; null: this process does all.</param>
public sealed class Trainer(
    Gpt model, OptimizerHelper optimizer, TextCorpus corpus, TrainOptions options, Device device,
    Action<int>? beforeUpdate = null, IProcessGroup? group = null)
{
    /// <summary>Sequences of an evaluation during training.</summary>
    public const int EvaluationSequences = 128;

    private LRScheduler scheduler = LearningRateSchedule.Over(optimizer, options);

    /// <summary>Steps done.</summary>
    public int Step { get; private set; }

    /// <summary>Seconds spent in steps, evaluations left out.</summary>
    public double Seconds { get; private set; }

    /// <summary>Takes up a run after its first steps, whose weights are already in the model.</summary>
    /// <param name="load">Loads the optimizer's state.</param>
    public void ContinueFrom(int step, double seconds, Action load)
    {
        scheduler = ResumeScheduler.At(step, () => LearningRateSchedule.Over(optimizer, options), load);

        // Rates that were loaded are of the curve that the run had. With more steps than it had, the rate is the longer curve's.
        scheduler.step(epoch: step);
        (Step, Seconds) = (step, seconds);
    }

    /// <summary>Trains to the last step, or until asked to stop; the step under way is finished. Of several ranks, all stop
    /// where one is asked to.</summary>
    public void Run(Action<StepMetrics> report, CancellationToken stop = default)
    {
        while (Step < options.Steps && group.Sum(stop.IsCancellationRequested ? 1 : 0) == 0)
        {
            var metrics = TrainStep();
            if (Step % options.EvalEvery == 0 || Step == options.Steps)
            {
                metrics = metrics with
                {
                    ValLoss = Finite(
                        Evaluation.Loss(model, corpus, Part.HeldOut, EvaluationSequences, options.Batch, device, group)),
                    MaxLogit = Evaluation.LargestLogit(model, corpus, options.Batch, device),
                };
            }

            report(metrics);
        }
    }

    private StepMetrics TrainStep()
    {
        using var scope = NewDisposeScope();
        var start = Stopwatch.GetTimestamp();
        var rate = optimizer.ParamGroups.First().LearningRate;
        var (inputs, targets) = corpus.TrainingBatch(options.Seed, Step, options.Batch, device, group);

        optimizer.zero_grad();
        var loss = Evaluation.Loss(model, inputs, targets);
        loss.backward();
        AverageGradients();
        beforeUpdate?.Invoke(Step);
        if (options.Clip > 0)
        {
            Clip();
        }

        try
        {
            optimizer.step();
        }
        catch (NotFiniteNumberException e)
        {
            throw Diverged(e.Message);
        }

        if (options.QkClip > 0)
        {
            model.ClipLogits(group.Max(model.LargestLogits(inputs)), options.QkClip);
        }

        scheduler.step();

        // Reading the loss waits for the device, so the time below is the whole step's.
        var value = Finite(group.Mean(loss.item<float>()));
        Step++;
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Seconds += elapsed;
        return new StepMetrics(Step, rate, value, null, null, (long)options.Batch * options.Model.Context / elapsed, Seconds);
    }

    // To the ranks that step them, where the optimizer shares its work out, and else to all.
    private void AverageGradients()
    {
        if (optimizer is MatrixOptimizer shared)
        {
            shared.AverageGradients();
        }
        else
        {
            group?.AverageGradients(model);
        }
    }

    // The same norm on any number of ranks: TorchSharp's own would read gradients that are another rank's.
    private void Clip()
    {
        if (optimizer is MatrixOptimizer shared)
        {
            shared.ClipGradNorm(options.Clip);
        }
        else
        {
            nn.utils.clip_grad_norm_(model.parameters(), options.Clip);
        }
    }

    private double Finite(double loss) => double.IsFinite(loss)
        ? loss
        : throw Diverged($"The loss became {loss} after {Step} steps.");

    private static UserException Diverged(string what) => new($"{what} Try a smaller --lr, or --clip 1.");
}
