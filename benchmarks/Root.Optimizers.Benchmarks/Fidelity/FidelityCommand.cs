using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using CharGpt;
using Shared;

namespace Root.Optimizers.Benchmarks.Fidelity;

/// <summary>
/// ./run bench fidelity: how well each set of coefficients orthogonalizes the momentum of a real training run.
/// </summary>
internal static class FidelityCommand
{
    /// <summary>Steps judged, besides the early ones that the figure shows.</summary>
    private static readonly long[] Judged = [150, 175, 200, 225, 250, 275, 299];

    private static readonly long[] Early = [1, 10, 25, 50, 75, 100, 125];

    public static Command Create()
    {
        var steps = new Option<int>("--steps") { Description = "training steps", DefaultValueFactory = _ => 300 };
        var seed = new Option<int>("--seed") { Description = "of the weights and the order of the data", DefaultValueFactory = _ => 1 };
        var optimizer = new Option<string>("--optimizer") { Description = "the optimizer that trains", DefaultValueFactory = _ => "root" };
        var capture = new Option<string?>("--capture") { Description = "file to write the captured momentum to" };
        var replay = new Option<string?>("--replay") { Description = "captured momentum to evaluate, instead of training" };
        var json = new Option<string?>("--json") { Description = "file for the medians by shape" };
        var results = new Option<string?>("--out") { Description = "folder for a fidelity-SHAPE.svg each" };
        optimizer.AcceptOnlyFromAmong("root");
        var command = new Command("fidelity", "The orthogonalization error of each coefficient set on real momentum, against the SVD.")
            { steps, seed, optimizer, capture, replay, json, results };
        command.SetAction(given => Run(given.GetValue(steps), given.GetValue(seed), given.GetValue(capture), given.GetValue(replay),
            given.GetValue(json), given.GetValue(results)));
        return command;
    }

    private static int Run(int steps, int seed, string? capture, string? replay, string? json, string? results)
    {
        var captured = replay is null ? Train(steps, seed) : Capture.Load(replay);
        if (capture is not null) Capture.Save(capture, captured);
        if (captured.Max(m => m.Step) < Judged[0])
            throw new UserException($"Coefficients learned up to step {Methods.FrozenAfter} are judged from step "
                + $"{Judged[0]} on; train for more --steps.");

        var methods = Methods.All(captured);
        var evaluated = captured.Where(m => IsEvaluated(m.Step)).ToArray();
        var measured = ProgressDisplay.Run(evaluated.Length, progress =>
        {
            progress.Begin("against the SVD");
            var measured = new List<Measured>();
            foreach (var momentum in evaluated)
            {
                measured.AddRange(Evaluation.Of(momentum, methods.Where(m => momentum.Step > Methods.FrozenAfter || !IsFrozen(m))));
                progress.Step();
            }
            return measured;
        });

        var shapes = measured.Select(m => m.Shape).Distinct().Order().ToArray();
        Console.WriteLine(FidelityReport.Tables(methods, shapes, measured));
        if (json is not null) WriteJson(json, methods, shapes, measured);
        if (results is not null) FidelityReport.Draw(results, methods, shapes, measured);
        return 0;
    }

    private static List<Momentum> Train(int steps, int seed)
    {
        var options = new TrainOptions { Steps = steps, Seed = seed, EvalEvery = int.MaxValue };
        return ProgressDisplay.Run(steps, progress =>
        {
            progress.Begin("training");
            return Capture.Train(options, Dataset.Read(Dataset.MobyDick.Name), IsEvaluated, _ => progress.Step());
        });
    }

    private static bool IsEvaluated(long step) => Judged.Contains(step) || Early.Contains(step);

    /// <summary>Learned up to step 100: before that there is no such table to judge.</summary>
    private static bool IsFrozen(Method method) => method.Name.StartsWith("learned") && !method.Name.EndsWith("_online");

    /// <summary>The median over parameters and judged steps.</summary>
    public static double Median(IEnumerable<Measured> measured, string method, (long, long) shape, Func<Measured, double> value)
    {
        return Median(measured.Where(m => m.Method == method && m.Shape == shape && m.Step >= Judged[0]).Select(value));
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static void WriteJson(string path, IEnumerable<Method> methods, (long, long)[] shapes, List<Measured> measured)
    {
        var document = new JsonObject
        {
            ["shapes"] = new JsonArray(shapes.Select(shape =>
            {
                var item = new JsonObject { ["rows"] = shape.Item1, ["cols"] = shape.Item2 };
                foreach (var method in methods) item[method.Name] = Median(measured, method.Name, shape, m => m.Squared);
                return (JsonNode)item;
            }).ToArray()),
        };
        ResultFile.Write(path, document);
    }
}
