using System.Diagnostics;
using Images;
using Shared;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ImageClassifier;

/// <summary>What one training came to.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Lr">The peak learning rate.</param>
/// <param name="Seed">Of the weights and the order of the data.</param>
/// <param name="TestAccuracy">In [0, 1].</param>
/// <param name="Loss">The training loss, mean over the last twentieth of the steps.</param>
/// <param name="SecondsPerStep">The median.</param>
/// <param name="Losses">The training loss, mean over each twentieth of the steps.</param>
public sealed record Outcome(string Method, double Lr, int Seed, double TestAccuracy, double Loss,
    double SecondsPerStep, double[] Losses);

/// <summary>How to train.</summary>
public sealed record Plan(int Epochs, int Batch, int Seeds, double? LearningRate);

/// <summary>Trains the same model by each method, over the same seeds.</summary>
public static class Experiment
{
    /// <summary>The share of the steps over which the learning rate rises.</summary>
    private const double Warmup = 0.1;

    /// <summary>How many points a loss curve has.</summary>
    private const int Points = 20;

    public static List<Outcome> Run(ImageData data, Network network, IReadOnlyList<Method> methods, Plan plan)
    {
        var trainings =
            from method in methods
            from seed in Enumerable.Range(1, plan.Seeds)
            select new Training<Outcome>($"{method.Name} seed {seed}", Steps(data, plan),
                stepped => Train(data, network, method, plan, seed, stepped));
        return Trainings.Run([.. trainings], o => FormattableString.Invariant(
            $"{o.Method} lr {o.Lr} seed {o.Seed}: test accuracy {o.TestAccuracy:0.0000}, loss {o.Loss:0.0000}"));
    }

    private static int Steps(ImageData data, Plan plan) =>
        plan.Epochs * (int)((data.Train.Count + plan.Batch - 1) / plan.Batch);

    private static Outcome Train(ImageData data, Network network, Method method, Plan plan, int seed, Action stepped)
    {
        manual_seed(seed);
        using var scope = NewDisposeScope();
        using var model = network.Create();
        var peak = plan.LearningRate ?? network.LearningRate(method);
        using var optimizer = method.Optimizer(model, peak);
        var steps = Steps(data, plan);
        var (losses, seconds) = (new List<double>(), new List<double>());
        for (var epoch = 0; epoch < plan.Epochs; epoch++)
        {
            using var inEpoch = NewDisposeScope();
            foreach (var indices in randperm(data.Train.Count).split(plan.Batch))
            {
                using var inStep = NewDisposeScope();
                var started = Stopwatch.GetTimestamp();
                foreach (var group in optimizer.ParamGroups)
                    group.LearningRate = peak * Factor((double)losses.Count / steps);
                optimizer.zero_grad();
                var logits = model.forward(data.Inputs(data.Train.Pixels.index_select(0, indices)));
                var loss = nn.functional.cross_entropy(logits, data.Train.Labels.index_select(0, indices));
                loss.backward();
                optimizer.step();
                losses.Add(loss.item<float>());
                if (!double.IsFinite(losses[^1]))
                    throw new UserException(
                        $"{method.Name}: the loss became {losses[^1]} after {losses.Count} steps. Try a smaller --lr.");
                seconds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
                stepped();
            }
        }
        var curve = losses.Chunk(Math.Max(1, (steps + Points - 1) / Points)).Select(part => part.Average()).ToArray();
        model.eval();
        return new(method.Name, peak, seed, data.Accuracy(model.forward, data.Test), curve[^1],
            seconds.Order().ElementAt(seconds.Count / 2), curve);
    }

    /// <summary>Linear warmup, then a half cosine to 0.</summary>
    private static double Factor(double progress) => progress < Warmup
        ? (progress + 0.01) / (Warmup + 0.01)
        : 0.5 * (1 + Math.Cos(Math.PI * (progress - Warmup) / (1 - Warmup)));
}
