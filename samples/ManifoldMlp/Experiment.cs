using System.Diagnostics;
using Images;
using Shared;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ManifoldMlp;

/// <summary>What one training came to.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Lr">The first learning rate; it falls to 0 in a line.</param>
/// <param name="Seed">Of the weights and the order of the data.</param>
/// <param name="TrainAccuracy">In [0, 1].</param>
/// <param name="TestAccuracy">In [0, 1].</param>
/// <param name="MsPerStep">The median of all steps.</param>
/// <param name="OptimizerMsPerStep">The optimizer's part of it, likewise.</param>
/// <param name="SingularValues">Of each weight at the end, largest first.</param>
public sealed record Outcome(string Method, double Lr, int Seed, double TrainAccuracy, double TestAccuracy,
    double MsPerStep, double OptimizerMsPerStep, IReadOnlyDictionary<string, float[]> SingularValues);

/// <summary>
/// The experiment of "Modular Manifolds": inputs-128-64-10 without biases, ReLU, cross-entropy, linear decay.
/// </summary>
public static class Experiment
{
    public static List<Outcome> Run(ImageData data, IReadOnlyList<Method> methods, double[] rates, int epochs,
        int batch, int firstSeed, int seeds)
    {
        var steps = epochs * (int)((data.Train.Count + batch - 1) / batch);
        var trainings =
            from method in methods
            from lr in rates.Length > 0 ? rates : method.LearningRates
            from seed in Enumerable.Range(firstSeed, seeds)
            select new Training<Outcome>(FormattableString.Invariant($"{method.Name} lr {lr} seed {seed}"), steps,
                stepped => Train(data, method, lr, epochs, batch, seed, stepped));
        return Trainings.Run([.. trainings], o => FormattableString.Invariant(
            $"{o.Method} lr {o.Lr} seed {o.Seed}: test accuracy {o.TestAccuracy:0.0000}, {o.MsPerStep:f1} ms a step"));
    }

    private static Outcome Train(ImageData data, Method method, double lr, int epochs, int batch, int seed,
        Action stepped)
    {
        manual_seed(seed);
        using var scope = NewDisposeScope();
        var model = nn.Sequential(
            ("fc1", nn.Linear(data.Train.Pixels.shape[1], 128, hasBias: false)), ("act1", nn.ReLU()),
            ("fc2", nn.Linear(128, 64, hasBias: false)), ("act2", nn.ReLU()),
            ("fc3", nn.Linear(64, 10, hasBias: false)));
        using var optimizer = method.Optimizer(model, lr);
        var steps = epochs * ((data.Train.Count + batch - 1) / batch);
        var (whole, inOptimizer) = (new List<double>(), new List<double>());
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            using var inEpoch = NewDisposeScope();
            foreach (var indices in randperm(data.Train.Count).split(batch))
            {
                using var inStep = NewDisposeScope();
                var started = Stopwatch.GetTimestamp();
                foreach (var group in optimizer.ParamGroups)
                    group.LearningRate = lr * (1 - (double)whole.Count / steps);
                optimizer.zero_grad();
                var logits = model.forward(data.Inputs(data.Train.Pixels.index_select(0, indices)));
                nn.functional.cross_entropy(logits, data.Train.Labels.index_select(0, indices)).backward();
                var forward = Stopwatch.GetTimestamp();
                optimizer.step();
                inOptimizer.Add(Stopwatch.GetElapsedTime(forward).TotalMilliseconds);
                whole.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                stepped();
            }
        }
        return new(method.Name, lr, seed, data.Accuracy(model.forward, data.Train), data.Accuracy(model.forward, data.Test),
            Median(whole), Median(inOptimizer),
            model.named_parameters().ToDictionary(
                p => p.name, p => linalg.svdvals(p.parameter.detach()).data<float>().ToArray()));
    }

    /// <summary>Another process that takes the cores for a while does not count.</summary>
    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
