using System.CommandLine;
using System.Diagnostics;
using Root.Optimizers.Manifolds;
using Root.Optimizers.Manifolds.Tangent;
using Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Manifolds;

/// <summary>
/// The tangent direction on the Stiefel manifold: the closed form in both its evaluations against the published dual
/// ascent, and a step along it against SPEL's, shape by shape, in one run: ./run bench manifold.
/// </summary>
internal static class ManifoldCommand
{
    private static readonly (long rows, long cols)[] Shapes =
        [(64, 64), (128, 64), (512, 128), (256, 256), (3072, 128), (640, 512), (768, 768), (2048, 512)];

    /// <summary>The length of the steps.</summary>
    private const double Rate = 0.1;

    private sealed record Result(long Rows, long Cols, string Form, double Speedup, double SpeedupOverFloat32,
        double ExactSeconds, double RationalSeconds, double PolynomialSeconds, double DualSeconds,
        double DualFloat32Seconds,
        double ExactTangency, double ExactNorm, double ExactGap, double PolynomialTangency, double PolynomialGap,
        double DualTangency, double DualGap, int DualIterations, Step ExactStep, Step SpelStep);

    /// <summary>A step from W to W', its retraction included.</summary>
    /// <param name="Gain">&lt;G, W - W'> / (rate optimum): 1 would be that of the best tangent direction, without the way back.</param>
    /// <param name="Length">||W - W'|| / rate, in the spectral norm.</param>
    private sealed record Step(double Seconds, double Gain, double Length);

    public static Command Create()
    {
        var json = new Option<string?>("--json") { Description = "file for the results" };
        var quick = new Option<bool>("--quick") { Description = "small shapes only" };
        var command = new Command("manifold",
            "Exact tangent directions against the published dual ascent and SPEL: time, tangency, objective.")
            { json, quick };
        command.SetAction(given => Run(given.GetValue(json), given.GetValue(quick)));
        return command;
    }

    private static int Run(string? path, bool quick)
    {
        var shapes = quick ? Shapes.Where(s => s.rows * s.cols <= 512 * 128).ToArray() : Shapes;
        var results = ProgressDisplay.Run(shapes.Length, progress =>
        {
            var results = new List<Result>();
            foreach (var (rows, cols) in shapes)
            {
                progress.Begin($"{rows}x{cols}");
                results.Add(Measure(rows, cols));
                progress.Step();
            }
            return results;
        });

        const string titles = "| shape | form | rational, s | polynomial, s | dual ascent, s | in float32, s | speedup | exact tangency "
            + "| exact gap | dual tangency | step, s | gain | length | SPEL step, s | SPEL gain | SPEL length |";
        Console.WriteLine($"""
            Seconds a direction; tangency ||W^T A + A^T W||_F / n; gap 1 - <G, A> / optimum. Speedup: dual ascent in bfloat16, as
            published, over the form chosen. Steps of rate 0.1 to W', along the exact direction and SPEL's: gain
            <G, W - W'> / (rate optimum), length ||W - W'|| / rate.

            {titles}
            |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
            """);
        foreach (var r in results)
        {
            double[] figures = [r.RationalSeconds, r.PolynomialSeconds, r.DualSeconds, r.DualFloat32Seconds, r.Speedup,
                r.ExactTangency, r.ExactGap, r.DualTangency,
                r.ExactStep.Seconds, r.ExactStep.Gain, r.ExactStep.Length, r.SpelStep.Seconds, r.SpelStep.Gain, r.SpelStep.Length];
            Console.WriteLine($"| {r.Rows}x{r.Cols} | {r.Form} | {string.Join(" | ", figures.Select(Figure))} |");
        }
        if (path is not null)
            ResultFile.Write(path, new
                { device = "cpu", threads = get_num_threads(), shapes = results });
        return 0;
    }

    private static string Figure(double value) => FormattableString.Invariant(
        Math.Abs(value) < 1e-3 ? (FormattableString)$"{value:0.0e-0}" : $"{value:g3}");

    private static Result Measure(long rows, long cols)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        random.manual_seed(rows + cols);
        var W = Manifold.Stiefel.Nearest(randn(rows, cols));
        var G = randn(rows, cols);
        var optimum = Optimum(W, G);
        var (rational, A) = Time(() => StiefelTangent.Direction(W, G, TangentForm.Rational));
        var (polynomial, B) = Time(() => StiefelTangent.Direction(W, G, TangentForm.Polynomial));
        var chosen = StiefelTangent.Choose(Math.Max(rows, cols), Math.Min(rows, cols), DeviceType.CPU);
        var exact = chosen == TangentForm.Rational ? A : B;
        var exactSeconds = chosen == TangentForm.Rational ? rational : polynomial;
        StiefelSolver.DualAscent.Solution? solved = null;
        var (dual, D) = Time(() => (solved = new StiefelSolver.DualAscent().Solve(W, G)).A);
        var (dualFloat32, _) = Time(() => new StiefelSolver.DualAscent(Sign: Precision.Float32).Solve(W, G).A);
        var (exactStep, spelStep) = (StepOf(new StiefelSolver.Exact().Step), StepOf(new StiefelSolver.Spel().Step));
        return new(rows, cols, chosen.ToString().ToLowerInvariant(), dual / exactSeconds, dualFloat32 / exactSeconds,
            exactSeconds,
            rational, polynomial, dual, dualFloat32, Tangency(W, exact), Norm(exact), 1 - Inner(G, exact) / optimum,
            Tangency(W, B), 1 - Inner(G, B) / optimum, Tangency(W, D), 1 - Inner(G, D) / optimum,
            solved!.Iterations[0], exactStep, spelStep);

        Step StepOf(Func<Tensor, Tensor, double, Tensor> step)
        {
            var (seconds, next) = Time(() => step(W, G, Rate));
            var way = W - next;
            return new(seconds, Inner(G, way) / (Rate * optimum), Norm(way) / Rate);
        }
    }

    /// <summary>
    /// The least of up to seven runs, within about two seconds, after one to warm up where that is cheap.
    /// </summary>
    private static (double seconds, Tensor result) Time(Func<Tensor> run)
    {
        var clock = Stopwatch.StartNew();
        var result = run();
        var first = clock.Elapsed.TotalSeconds;
        var best = first;
        for (var i = 0; i < Math.Clamp((int)(2 / first), 0, 7); i++)
        {
            clock.Restart();
            using var again = run();
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }
        return (best, result);
    }

    /// <summary>||K||_* / 2 in float64, from K in an orthonormal basis of its range.</summary>
    private static double Optimum(Tensor W, Tensor G)
    {
        var (w, g) = (W.to(float64), G.to(float64));
        var K0 = w.mT.matmul(g);
        var Gp = g - w.matmul(K0);
        var (_, R) = linalg.qr(Gp);
        var O = K0 - K0.mT;
        var K = cat([cat([O, R.mT.neg()], 1), cat([R, zeros_like(O)], 1)], 0);
        return linalg.svdvals(K).sum().item<double>() / 2;
    }

    private static double Inner(Tensor G, Tensor A) => (G.to(float64) * A.to(float64)).sum().item<double>();

    private static double Norm(Tensor A) => linalg.svdvals(A.to(float64)).max().item<double>();

    private static double Tangency(Tensor W, Tensor A)
    {
        var half = W.to(float64).mT.matmul(A.to(float64));
        return linalg.vector_norm(half + half.mT).item<double>() / W.shape[1];
    }
}
