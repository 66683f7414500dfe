using CharGpt;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Core;
using Root.Optimizers.Outliers;
using Shared;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Fidelity;

/// <summary>One clipped momentum matrix B that a step orthogonalized.</summary>
/// <param name="Step">The optimizer step.</param>
/// <param name="Parameter">Which parameter of its shape.</param>
/// <param name="ForLearning">Whether the step refits from this matrix.</param>
/// <param name="B">(rows, columns), float32, on the CPU.</param>
internal sealed record Momentum(long Step, int Parameter, bool ForLearning, Tensor B)
{
    public (long Shorter, long Longer) Shape => (Math.Min(B.shape[0], B.shape[1]), Math.Max(B.shape[0], B.shape[1]));
}

/// <summary>
/// Clipped momentum of a training run: at every refit the matrix that is learned from, and at the steps to be evaluated
/// every matrix.
/// </summary>
internal static class Capture
{
    private const string Format = "Root.Optimizers momentum 1";

    /// <summary>Trains CharGpt with RootOptimizer at its defaults and captures on the way.</summary>
    public static List<Momentum> Train(TrainOptions options, byte[] text, Func<long, bool> evaluate, Action<StepMetrics> report)
    {
        var captured = new List<Momentum>();
        manual_seed(options.Seed);
        using var model = new Gpt(options.Model);
        var chosen = OptimizerFactory.WithDefaults(options with { Optimizer = "root" });
        using var optimizer = new RootOptimizer(model, chosen.LearningRate!.Value, new() { weight_decay = chosen.WeightDecay!.Value });
        optimizer.Observer = new Recorder(optimizer, evaluate, captured);
        new Trainer(model, optimizer, new TextCorpus(text, options.Model.Context), chosen, CPU).Run(report);
        return captured;
    }

    private sealed class Recorder(RootOptimizer optimizer, Func<long, bool> evaluate, List<Momentum> captured) : IStepObserver
    {
        private readonly RootOptimizer.Options _options = (RootOptimizer.Options)optimizer.Groups[0].Options;

        private readonly Dictionary<MatrixPart, (int ordinal, int all)> _places = optimizer.Slots.OfType<MatrixSlot>()
            .SelectMany(slot => slot.Parts).GroupBy(part => (part.Shape.Shorter, part.Shape.Longer))
            .SelectMany(alike => alike.Select((part, ordinal) => (part, (ordinal, alike.Count()))))
            .ToDictionary();

        public void OnMatrix(MatrixPart part, long step, Tensor momentum, Tensor update)
        {
            var (ordinal, all) = _places[part];
            var learns = RefitSchedule.IsDue(step) && ordinal == RefitSchedule.Turn(step, all);
            if (!learns && !evaluate(step)) return;
            using var scope = NewDisposeScope();
            var threshold = OutlierSplit.Threshold(momentum, _options.outlier_quantile, _options.exact_quantile);
            var B = OutlierSplit.ToBase_(momentum.clone(), threshold)[0];
            captured.Add(new(step, ordinal, learns, B.cpu().DetachFromDisposeScope()));
        }
    }

    public static void Save(string path, IReadOnlyList<Momentum> captured) => AtomicFile.Write(path, stream =>
    {
        using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        writer.Write(Format);
        writer.Write(captured.Count);
        foreach (var (step, parameter, forLearning, B) in captured)
        {
            writer.Write(step);
            writer.Write(parameter);
            writer.Write(forLearning);
            B.Save(writer);
        }
    });

    public static List<Momentum> Load(string path)
    {
        try
        {
            using var reader = new BinaryReader(File.OpenRead(path));
            if (reader.ReadString() != Format) throw new UserException($"{path} is no captured momentum.");
            var captured = new List<Momentum>(reader.ReadInt32());
            for (var i = 0; i < captured.Capacity; i++)
                captured.Add(new(reader.ReadInt64(), reader.ReadInt32(), reader.ReadBoolean(), Tensor.Load(reader)));
            return captured;
        }
        catch (IOException e)
        {
            throw new UserException($"{path} cannot be read as captured momentum: {e.Message}");
        }
    }
}
