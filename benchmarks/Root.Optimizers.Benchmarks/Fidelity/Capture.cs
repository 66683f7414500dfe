using CharGpt;
using Root.Optimizers.Orthogonalization;
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
        using var optimizer = new CapturingOptimizer(model, chosen, evaluate, captured);
        new Trainer(model, optimizer, new TextCorpus(text, options.Model.Context), chosen, CPU,
            beforeUpdate: step => optimizer.Step = step + 1).Run(report);
        return captured;
    }

    private sealed class CapturingOptimizer(nn.Module model, TrainOptions options, Func<long, bool> evaluate, List<Momentum> captured)
        : RootOptimizer(model, lr: options.LearningRate!.Value, weight_decay: options.WeightDecay!.Value)
    {
        private readonly Dictionary<((long, long) shape, long step), int> _seen = [];

        /// <summary>The step that is taken: large matrices of a shape come in several batches.</summary>
        public long Step { get; set; }

        protected override Tensor Orthogonalize(Tensor B, CoefficientEntry coefficients, ScalarType dtype)
        {
            var shape = (Math.Min(B.shape[1], B.shape[2]), Math.Max(B.shape[1], B.shape[2]));
            var before = _seen.GetValueOrDefault((shape, Step));
            _seen[(shape, Step)] = before + (int)B.shape[0];
            // As the optimizer itself takes turns, over a shape in both orientations.
            var all = Routing.Count(r => r.Route == Route.Matrix && (r.Shape.Min(), r.Shape.Max()) == shape);
            for (var i = 0; i < B.shape[0]; i++)
            {
                var learns = CoefficientLearner.IsDue(Step) && before + i == CoefficientLearner.Turn(Step, all);
                if (learns || evaluate(Step))
                    captured.Add(new(Step, before + i, learns, B[i].clone().cpu().DetachFromDisposeScope()));
            }
            return base.Orthogonalize(B, coefficients, dtype);
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
