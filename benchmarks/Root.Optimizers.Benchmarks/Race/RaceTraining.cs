using CharGpt;
using Root.Optimizers.Benchmarks.Compare;
using Shared;

namespace Root.Optimizers.Benchmarks.Race;

/// <summary>One run of a race.</summary>
internal static class RaceTraining
{
    /// <summary>Of CharGpt's default size.</summary>
    public const int HeadWidth = 32;

    /// <summary>Trains in this process.</summary>
    public static RaceRun Train(RaceKey key)
    {
        var ((deviceName, layers, width, noise), name, steps, rate, seed) = key;
        var device = Devices.Parse(deviceName);
        var entry = RaceEntry.Named(name);
        var options = new TrainOptions
        {
            Model = new() { Layers = layers, Width = width, Heads = width / HeadWidth },
            Steps = steps, Warmup = entry.Warmup, EvalEvery = Math.Max(1, steps / 6),
        };
        var job = new Job(entry.Contender with { LearningRate = rate }, seed,
            noise ? model => GradientNoise.Over(model, seed, share: 1e-3, factor: 100) : null);
        var outcome = Training.Train(job, options, device, () => { });
        return new(key, Finite(outcome.ValLoss), Finite(outcome.SecondsPerStep),
            [.. outcome.History.Where(m => m.ValLoss is not null).Select(m => new RacePoint(m.Step, m.ValLoss!.Value))],
            RaceLog.Version, Machine.Describe(device));
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
