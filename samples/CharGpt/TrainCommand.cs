using Root.Optimizers;
using Shared;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CharGpt;

/// <summary>What the command line asks for.</summary>
/// <param name="Choose">The options given, put over the defaults or over those of the run to resume.</param>
/// <param name="Text">A dataset's name or a file; null for the resumed run's, else the default.</param>
/// <param name="Out">The folder to write to; null for the resumed run's, else a new one.</param>
/// <param name="Resume">A checkpoint, or the folder that holds one.</param>
/// <param name="Sample">Bytes of text to generate at the end.</param>
/// <param name="Json">A file for the result, too.</param>
/// <param name="Diagnostics">Whether to look into the optimizer's steps.</param>
/// <param name="Ranks">Processes that are to train together; null for as many as there are.</param>
internal sealed record TrainRequest(
    Func<TrainOptions, TrainOptions> Choose, string? Text, string Device, string? Out, string? Resume, int Sample,
    string? Json, bool Diagnostics, int? Ranks);

/// <summary>Trains, from the start or from a checkpoint, and leaves all results in the run's folder. Of several ranks,
/// all do the same, and rank 0 alone shows and writes it.</summary>
internal sealed class TrainCommand : IDisposable
{
    // Of the last evaluation, whose result is reported: enough for its error to be in the third decimal.
    private const int FinalSequences = 1024;

    private readonly IProcessGroup group;
    private readonly TrainRequest request;
    private readonly TrainOptions options;
    private readonly Device device;
    private readonly string text;
    private readonly TextCorpus corpus;
    private readonly string folder;
    private readonly Gpt model;
    private readonly OptimizerHelper optimizer;
    private readonly SharedState shared;
    private readonly Diagnostics? diagnostics;
    private readonly Trainer trainer;
    private readonly List<StepMetrics> history = [];

    private TrainCommand(TrainRequest request, IProcessGroup group, Checkpoint? checkpoint)
    {
        this.request = request;
        this.group = group;
        options = Choose(request, checkpoint);
        CheckRanks();
        device = Devices.Parse(request.Device);
        text = request.Text ?? checkpoint?.State.Text ?? Dataset.MobyDick.Name;
        text = Dataset.IsName(text) ? text : Path.GetFullPath(text);
        corpus = new TextCorpus(FirstOnRank0(() => Dataset.Read(text)), options.Model.Context);
        if (checkpoint is not null && checkpoint.State.TextSha256 != corpus.Sha256)
        {
            throw new UserException($"'{text}' is not the text that the run to resume was trained on.");
        }

        folder = request.Out ?? FolderOf(request.Resume) ?? NewFolder(options.Optimizer);
        if (group.Rank == 0)
        {
            Directory.CreateDirectory(folder);
        }

        manual_seed(options.Seed);
        model = new Gpt(options.Model);
        checkpoint?.Load(model); // on the CPU: elsewhere it would move the model, and an optimizer keep the old parameters
        model.to(device);
        optimizer = OptimizerFactory.Make(model, options, group);
        shared = new SharedState(group, optimizer, () => OptimizerFactory.Make(model, options));
        if (request.Diagnostics && group.Rank == 0)
        {
            diagnostics = new Diagnostics(model, optimizer, options.Steps, folder, append: checkpoint is not null);
        }

        Action<int>? beforeUpdate = options.GradientNoise > 0
            ? GradientNoise.Over(model, options.Seed, options.GradientNoise, TrainOptions.NoiseFactor)
            : null;
        beforeUpdate += diagnostics is null ? null : diagnostics.BeforeUpdate;
        trainer = new Trainer(model, optimizer, corpus, options, device, beforeUpdate, group);
        if (checkpoint is not null)
        {
            history.AddRange(checkpoint.History);
            trainer.ContinueFrom(
                checkpoint.State.Step, history.LastOrDefault()?.Seconds ?? 0, () => shared.Load(checkpoint.Load));
        }
    }

    private string CheckpointPath => Path.Combine(folder, Checkpoint.FileName);

    public static int Run(TrainRequest request, IProcessGroup group)
    {
        CpuThreads.Configure(group.Size);
        if (group.Rank > 0)
        {
            Console.SetOut(TextWriter.Null);
        }

        TrainCommand command;
        using (var checkpoint = request.Resume is { } path ? Checkpoint.Open(path) : null)
        {
            command = new TrainCommand(request, group, checkpoint);
        }

        using (command)
        {
            return command.Run();
        }
    }

    public void Dispose()
    {
        diagnostics?.Dispose();
        optimizer.Dispose();
        model.Dispose();
    }

    private int Run()
    {
        var parameters = model.parameters().Sum(parameter => parameter.numel());
        Console.WriteLine(
            $"{options.Optimizer}: {parameters:N0} parameters, '{text}' ({corpus.Length:N0} bytes), to {folder}");
        Train();
        if (history.Count > 0 && group.Rank == 0)
        {
            var title = $"CharGpt on {Path.GetFileName(text)}: {options.Optimizer}"
                + (options.GradientNoise > 0 ? $", noise on {options.GradientNoise} of the gradients' entries" : "");
            LossPlot.Save(Path.Combine(folder, "loss.svg"), title, history);
            diagnostics?.Save(title, history);
        }

        var state = new CheckpointState(trainer.Step, options, text, corpus.Sha256);
        shared.Save(whole => Checkpoint.Save(CheckpointPath, state, history, model, whole));
        if (trainer.Step < options.Steps)
        {
            if (group.Rank == 0)
            {
                Console.Error.WriteLine(
                    $"Stopped after step {trainer.Step}. To go on: ./run train --resume {CheckpointPath}");
            }

            return StopSignal.ExitCode;
        }

        var result = new TrainingResult(
            options.Optimizer,
            trainer.Step,
            Loss(Part.Training, FinalSequences / 4),
            Loss(Part.HeldOut, FinalSequences),
            Speed(),
            options.Seed);
        if (group.Rank > 0)
        {
            return 0;
        }

        TrainingDisplay.ShowResult(result, parameters, trainer.Seconds);
        if (request.Sample > 0)
        {
            TrainingDisplay.ShowSample(Generation.Sample(model, "\n", request.Sample, options.Seed, device));
        }

        if (request.Json is { } file)
        {
            ResultFile.Write(file, result);
        }

        TrainingDisplay.ShowJson(result);
        return 0;
    }

    private void Train()
    {
        using var stop = new StopSignal();
        using var csv = group.Rank == 0
            ? new StreamWriter(Path.Combine(folder, "metrics.csv")) { AutoFlush = true }
            : TextWriter.Null;
        MetricsCsv.Write(csv, history);
        TrainingDisplay.Follow(trainer.Step, options.Steps, plain: group.Size > 1, show => trainer.Run(
            metrics =>
            {
                history.Add(metrics);
                MetricsCsv.Append(csv, metrics);
                show(metrics);
            },
            stop.Token));
    }

    // Of a resumed run whose few steps took no millisecond, 0: JSON has no infinity.
    private double Speed() => trainer.Seconds > 0
        ? Math.Round((double)trainer.Step * options.Batch * options.Model.Context / trainer.Seconds, 1)
        : 0;

    private double Loss(Part part, int sequences) =>
        Evaluation.Loss(model, corpus, part, sequences, options.Batch, device, group);

    private void CheckRanks()
    {
        if (request.Ranks is { } ranks && ranks != group.Size)
        {
            throw new UserException(
                $"--ranks {ranks}: there are {group.Size}. ./run train starts as many; mpirun says it by -np.", UserException.Usage);
        }

        if (options.Batch % group.Size != 0)
        {
            throw new UserException(
                $"--batch {options.Batch}: {group.Size} ranks cannot have equal parts of it.", UserException.Usage);
        }
    }

    // It may download what the others then find.
    private T FirstOnRank0<T>(Func<T> read)
    {
        if (group.Rank > 0)
        {
            group.Barrier();
        }

        var result = read();
        if (group.Rank == 0)
        {
            group.Barrier();
        }

        return result;
    }

    private static TrainOptions Choose(TrainRequest request, Checkpoint? checkpoint)
    {
        // The defaults are settled here and kept in the checkpoint: a later version's must not change a resumed run.
        var chosen = OptimizerFactory.WithDefaults(
            request.Choose(checkpoint?.State.Options ?? new TrainOptions()).Validated());
        if (checkpoint?.State.Step > chosen.Steps)
        {
            throw new UserException(
                $"--steps {chosen.Steps}: the run to resume has done {checkpoint.State.Step} already.",
                UserException.Usage);
        }

        if (checkpoint is not null
            && TrainOptions.Differences(checkpoint.State.Options, chosen).ToArray() is { Length: > 0 } differences)
        {
            throw new UserException(
                "A resumed run keeps its options, all but --steps. These differ: " + string.Join(", ", differences),
                UserException.Usage);
        }

        return chosen;
    }

    private static string? FolderOf(string? resume) =>
        resume is null || Directory.Exists(resume) ? resume : Path.GetDirectoryName(Path.GetFullPath(resume));

    private static string NewFolder(string optimizer) =>
        Path.Combine(Folders.Runs, $"{optimizer}-{DateTime.Now:yyyyMMdd-HHmmss}");
}
