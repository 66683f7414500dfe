using System.Numerics;
using Shared;

namespace CharGpt;

/// <summary>All that decides a run's losses: two runs with equal options and text have equal losses on a CPU.</summary>
public sealed record TrainOptions
{
    /// <summary>What noise multiplies entries by.</summary>
    public const double NoiseFactor = 100;

    public GptOptions Model { get; init; } = new();

    /// <summary>One of <see cref="OptimizerFactory.Names"/>.</summary>
    public string Optimizer { get; init; } = "root";

    /// <summary>Peak learning rate; null for the optimizer's own default.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Decoupled weight decay (SGD: an L2 term in the gradient); null for the optimizer's own.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>Length of the run, and of the learning-rate schedule.</summary>
    public int Steps { get; init; } = 300;

    /// <summary>Steps over which the learning rate rises from 0 to its peak.</summary>
    public int Warmup { get; init; } = 30;

    /// <summary>Sequences per step.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>Largest gradient norm; 0 leaves gradients as they are.</summary>
    public double Clip { get; init; }

    /// <summary>Attention whose logits a step has led beyond is scaled back to it (QK-clip); 0 leaves it as it is.</summary>
    public double QkClip { get; init; }

    /// <summary>The share of every gradient's entries that is multiplied by <see cref="NoiseFactor"/>, at random places.</summary>
    public double GradientNoise { get; init; }

    /// <summary>Seeds the initial weights and the order of the data.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Steps between evaluations on held-out text.</summary>
    public int EvalEvery { get; init; } = 50;

    /// <summary>Throws a <see cref="UserException"/> that names the first option out of its range.</summary>
    public TrainOptions Validated()
    {
        AtLeast("--layers", Model.Layers, 1);
        AtLeast("--width", Model.Width, 1);
        AtLeast("--heads", Model.Heads, 1);
        AtLeast("--context", Model.Context, 1);
        AtLeast("--steps", Steps, 1);
        AtLeast("--warmup", Warmup, 0);
        AtLeast("--batch", Batch, 1);
        AtLeast("--seed", Seed, 0);
        AtLeast("--eval-every", EvalEvery, 1);
        AtLeast("--clip", Clip, 0);
        AtLeast("--qk-clip", QkClip, 0);
        AtLeast("--weight-decay", WeightDecay ?? 0, 0);
        AtLeast("--lr", LearningRate ?? 0, 0);
        AtLeast("--gradient-noise", GradientNoise, 0);
        if (GradientNoise > 1)
        {
            throw new UserException($"--gradient-noise {GradientNoise}: must be 1 or less.", UserException.Usage);
        }

        if (Model.Width % Model.Heads != 0)
        {
            throw new UserException(
                $"--width {Model.Width} is not divisible by --heads {Model.Heads}.", UserException.Usage);
        }

        if (Batch * (Model.Context + 1L) > Array.MaxLength)
        {
            throw new UserException(
                $"--batch {Batch}: with --context {Model.Context} more bytes than fit into an array.", UserException.Usage);
        }

        return this;
    }

    /// <summary>The options, other than the number of steps, in which two runs differ, with both values.</summary>
    public static IEnumerable<string> Differences(TrainOptions a, TrainOptions b) =>
        Unequal(a with { Steps = b.Steps, Model = b.Model }, b).Concat(Unequal(a.Model, b.Model));

    private static IEnumerable<string> Unequal<T>(T a, T b) =>
        from property in typeof(T).GetProperties()
        let x = property.GetValue(a)
        let y = property.GetValue(b)
        where !Equals(x, y)
        select $"{property.Name} (was {x}, now {y})";

    private static void AtLeast<T>(string option, T value, T least)
        where T : INumber<T>
    {
        if (!T.IsFinite(value) || value < least)
        {
            throw new UserException($"{option} {value}: must be {least} or more.", UserException.Usage);
        }
    }
}
