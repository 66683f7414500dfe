using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests;

/// <summary>The published program's steps (vectors/README.md), the AdamW fallback included.</summary>
public class RootReferenceTests
{
    [Theory]
    // Observed: 8.9e-8, the largest of all steps and parameters.
    [InlineData("root_step", 12, 0.01, 0.1, 0.95, true)]
    [InlineData("root_step_plain_momentum", 8, 0.003, 0.0, 0.9, false)]
    public void Every_step_agrees_with_the_published_program(string file, int steps, double lr, double weight_decay,
        double momentum, bool nesterov)
    {
        var vectors = new Vectors(file);
        var names = vectors.Names.Where(n => n.StartsWith("init/")).Select(n => n["init/".Length..]).ToArray();
        var parameters = names.ToDictionary(n => n, n => new Parameter(vectors["init/" + n].OnDevice()));
        var options = RootOptimizer.Options.Published();
        options.LearningRate = lr;
        options.weight_decay = weight_decay;
        options.momentum = momentum;
        options.nesterov = nesterov;
        options.precision = Precision.Float32;
        options.route = p => p.Name!.StartsWith("vector") ? Route.AdamW : p.Route;
        using var optimizer = new RootOptimizer(names.Select(n => (n, parameters[n])), options);

        for (var step = 0; step < steps; step++)
        {
            foreach (var name in names) Models.Gradient(parameters[name], vectors[$"grad{step}/{name}"]);
            optimizer.step();
            foreach (var name in names)
                Close.To(vectors[$"param{step}/{name}"], parameters[name].detach(), 2e-6, $"{name} after step {step}");
        }
    }
}
