using System.Globalization;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Benchmarks.Compare;
using Root.Optimizers.Orthogonalization;
using Shared;

namespace Root.Optimizers.Benchmarks.Sign;

/// <summary>Ways to come near the sign of a matrix, by name.</summary>
internal static class SignForm
{
    private static readonly Dictionary<string, (string meaning, Func<double, Contender> make)> Known = new()
    {
        ["exact"] = ("1 for every singular value", _ => Spectral(_ => 1)),
        ["gain"] = ("min(1, G s) of gain:G", gain => Spectral(s => Math.Min(1, gain * s))),
        ["spread"] = ("1 + D sin(8 ln s) of spread:D", spread => Spectral(s => 1 + spread * Math.Sin(8 * Math.Log(s)))),
        ["learned"] = ("as RootOptimizer learns T steps of learned:T", steps => Root(new() { ns_steps = Whole(steps) })),
        ["minimax3"] = ("three steps made for [L, 1] of minimax3:L", l => Fixed(MinimaxFamily.Table(l, 3))),
        ["minimax4"] = ("four steps made for [L, 1] of minimax4:L", l => Fixed(MinimaxFamily.Table(l, 4))),
        ["polynomial3"] = ("the same three steps' polynomial, without rounding", l => Spectral(MinimaxFamily.Table(l, 3).Apply)),
        ["polynomial4"] = ("the same four steps' polynomial, without rounding", l => Spectral(MinimaxFamily.Table(l, 4).Apply)),
        ["muon"] = ("Muon's triple T times of muon:T", steps =>
            Fixed(NewtonSchulzSchedule.Repeat(PublishedSchedules.MuonTriple, Whole(steps)))),
    };

    public static string Help => string.Join("; ", Known.Select(form => $"{form.Key}: {form.Value.meaning}"));

    /// <summary>The form of "NAME:NUMBER", or of "exact".</summary>
    public static Contender Named(string text)
    {
        var parts = (text == "exact" ? "exact:1" : text).Split(':');
        try
        {
            if (parts.Length == 2 && Known.TryGetValue(parts[0], out var form)
                && double.TryParse(parts[1], CultureInfo.InvariantCulture, out var number) && number > 0 && double.IsFinite(number))
                return form.make(number) with { Name = text };
        }
        catch (ArgumentException e)
        {
            throw new UserException($"--forms {text}: {e.Message}", UserException.Usage);
        }
        throw new UserException($"--forms {text}: NAME:NUMBER. {Help}.", UserException.Usage);
    }

    private static int Whole(double steps) => steps is >= 1 and <= 100 && steps == Math.Floor(steps)
        ? (int)steps
        : throw new ArgumentException($"{steps} steps: a whole number from 1 to 100.");

    private static Contender Spectral(Func<double, double> f) => new("", 0, (model, lr) => new SpectralSign(model, lr, f));

    private static Contender Root(RootOptimizer.Options options) => new("", 0, (model, lr) => new RootOptimizer(model, lr, options));

    private static Contender Fixed(NewtonSchulzSchedule schedule) =>
        Root(new() { coefficients = AdaNewton.Coefficients.Fixed(schedule), learn_coefficients = false });
}
