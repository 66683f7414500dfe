using CharGpt;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Benchmarks.Compare;
using Root.Optimizers.Orthogonalization;
using Shared;
using TorchSharp;
using TorchSharp.Modules;

namespace Root.Optimizers.Benchmarks.Race;

/// <summary>An optimizer with its options and schedule.</summary>
/// <param name="Meaning">In a few words.</param>
/// <param name="Contender">Its name, the rate at which the search for one begins, and how it is made.</param>
/// <param name="Warmup">Steps over which the rate rises.</param>
internal sealed record RaceEntry(string Meaning, Contender Contender, int Warmup = 30)
{
    public const string Reference = "muon";

    /// <summary>Source: with 0.9 in the place of 0.95 Muon loses 0.031 less at width 192 and 0.045 at 384 (docs/results/race.md).</summary>
    private const double Momentum = 0.9;

    public string Name => Contender.Name;

    /// <summary>Whether it is a way to tune AdamW, of which the best goes on.</summary>
    public bool IsAdamW => Name.StartsWith("adamw", StringComparison.Ordinal);

    public static IReadOnlyList<RaceEntry> All { get; } =
    [
        Muon(Reference, "Muon, momentum 0.9, factor 0.2 sqrt(max(m, n)), weight decay 0.1", _ => { }),
        AdamW("adamw", "AdamW, betas 0.9 and 0.95, decay 0.1 on matrices"),
        AdamW("adamw-beta2-0.99", "with beta2 0.99", beta2: 0.99),
        AdamW("adamw-beta1-0.95", "with beta1 0.95", beta1: 0.95),
        AdamW("adamw-decay-0.01", "with decay 0.01", decay: 0.01),
        AdamW("adamw-decay-0.3", "with decay 0.3", decay: 0.3),
        AdamW("adamw-warmup-60", "with 60 steps of warm-up", warmup: 60),
        Muon("muon-rows", "rows balanced before the sign (MuonEq)", o => o.row_balance = RowBalance.Rows),
        Muon("muon-columns", "columns balanced", o => o.row_balance = RowBalance.Columns),
        Muon("muon-both", "rows, then columns", o => o.row_balance = RowBalance.Both),
        Muon("muon-normuon", "NorMuon's second moment after the sign", o => o.normuon_beta2 = 0.95),
        Muon("muon-rows-normuon", "both", o => (o.row_balance, o.normuon_beta2) = (RowBalance.Rows, 0.95)),
        Muon("muon-brake", "radial brake", o => o.radial_brake = true),
        Muon("muon-cautious", "cautious decay", o => o.cautious = true),
        Muon("muon-polar-express", "five steps of Polar Express", o =>
            o.coefficients = AdaNewton.Coefficients.Fixed(PublishedSchedules.PolarExpress(5))),
        Muon("muon-cans", "five steps of CANS", o => o.coefficients = AdaNewton.Coefficients.Fixed(PublishedSchedules.Cans)),
        Muon("muon-aol", "Turbo-Muon: AOL's scale in the place of the norm, and its four steps", _ => { }, (model, lr, options) =>
            new AolMuon(model, lr, options)),
        Muon("muon-vectors", "half the rate for AdamW's part", o => o.fallback_lr_factor = 0.5),
        Muon("muon-embedding", "twice the rate for the embedding", o => o.embedding_lr_factor = 2),
        Averaged(Muon("muon-average", "evaluated at 0.4 of the last weights and 0.6 of their average, decay 0.9", _ => { })),
        Rising(Muon("muon-momentum", "momentum from 0.8 to 0.9 in 50 steps", _ => { })),
        Root("root", "RootOptimizer as it is, but for the momentum", _ => { }),
        Root("root-no-split", "without the split", o => o.outlier_quantile = 1),
        Root("root-scale", "split at 5.93 medians", o => o.outlier_scale = 5.93),
        Root("root-quantile-0.99", "split at the quantile 0.99", o => o.outlier_quantile = 0.99),
        Root("root-4", "four learned steps", o => o.ns_steps = 4),
        Root("root-no-split-4", "without the split, four learned steps", o => (o.outlier_quantile, o.ns_steps) = (1, 4)),
        Root("root-published", "the published algorithm, but for the momentum", o =>
            (o.ns_steps, o.coefficients, o.learn_coefficients, o.exact_quantile) = (5, AdaNewton.Coefficients.Published, false, true)),
        Root("root-rows", "rows balanced, no split", Rows),
        Root("root-rows-scale", "rows balanced, split at 5.93 medians", o => (o.row_balance, o.outlier_scale) = (RowBalance.Rows, 5.93)),
        Root("root-rows-normuon", "rows balanced, no split, NorMuon's second moment", o =>
            (o.row_balance, o.outlier_quantile, o.normuon_beta2) = (RowBalance.Rows, 1, 0.95)),
        Root("root-rows-brake", "rows balanced, no split, radial brake", o =>
            (o.row_balance, o.outlier_quantile, o.radial_brake) = (RowBalance.Rows, 1, true)),
        Root("root-rows-cautious", "rows balanced, no split, cautious decay", o =>
            (o.row_balance, o.outlier_quantile, o.cautious) = (RowBalance.Rows, 1, true)),
        Root("root-rows-embedding", "rows balanced, no split, twice the rate for the embedding", o =>
            (o.row_balance, o.outlier_quantile, o.embedding_lr_factor) = (RowBalance.Rows, 1, 2)),
        Root("root-rows-4", "rows balanced, no split, four learned steps", o =>
            (o.row_balance, o.outlier_quantile, o.ns_steps) = (RowBalance.Rows, 1, 4)),
        Averaged(Root("root-rows-average", "rows balanced, no split, evaluated at the average", Rows)),
        Root("root-rows-muon", "rows balanced, no split, Muon's five steps", o =>
            (o.row_balance, o.outlier_quantile, o.ns_steps, o.coefficients, o.learn_coefficients) =
            (RowBalance.Rows, 1, 5, AdaNewton.Coefficients.Muon, false)),
        Muon("muon-warmup-10", "10 steps of warm-up", _ => { }) with { Warmup = 10 },
        Muon("muon-warmup-60", "60 steps of warm-up", _ => { }) with { Warmup = 60 },
        Muon("muon-momentum-0.85", "momentum 0.85", o => o.momentum = 0.85),
        Muon("muon-momentum-0.95", "momentum 0.95", o => o.momentum = 0.95),
        Muon("muon-decay-0.3", "weight decay 0.3", o => o.weight_decay = 0.3),
        Muon("muon-normuon-0.9", "second moment with beta2 0.9", o => o.normuon_beta2 = 0.9),
        Muon("muon-normuon-0.99", "second moment with beta2 0.99", o => o.normuon_beta2 = 0.99),
        Muon("muon-normuon-columns", "columns balanced, second moment", o =>
            (o.row_balance, o.normuon_beta2) = (RowBalance.Columns, 0.95)),
        Muon("muon-normuon-both", "rows and columns balanced, second moment", o =>
            (o.row_balance, o.normuon_beta2) = (RowBalance.Both, 0.95)),
        Muon("muon-normuon-brake", "second moment, radial brake", o => (o.normuon_beta2, o.radial_brake) = (0.95, true)),
        Muon("muon-normuon-cautious", "second moment, cautious decay", o => (o.normuon_beta2, o.cautious) = (0.95, true)),
        Muon("muon-normuon-embedding", "second moment, twice the rate for the embedding", o =>
            (o.normuon_beta2, o.embedding_lr_factor) = (0.95, 2)),
        Muon("muon-normuon-cans", "second moment, five steps of CANS", o =>
            (o.normuon_beta2, o.coefficients) = (0.95, AdaNewton.Coefficients.Fixed(PublishedSchedules.Cans))),
        Muon("muon-normuon-polar-express", "second moment, five steps of Polar Express", o =>
            (o.normuon_beta2, o.coefficients) = (0.95, AdaNewton.Coefficients.Fixed(PublishedSchedules.PolarExpress(5)))),
        Rising(Muon("muon-normuon-momentum", "second moment, momentum from 0.8 to 0.9 in 50 steps", o => o.normuon_beta2 = 0.95)),
        Averaged(Muon("muon-normuon-average", "second moment, evaluated at the average", o => o.normuon_beta2 = 0.95)),
        Root("root-normuon", "no split, second moment, three learned steps", NorMuon),
        Root("root-normuon-4", "no split, second moment, four learned steps", o => NorMuon(o, steps: 4)),
        Root("root-normuon-5", "no split, second moment, five learned steps", o => NorMuon(o, steps: 5)),
        Root("root-normuon-split", "ROOT's split, second moment, four learned steps", o => (o.normuon_beta2, o.ns_steps) = (0.95, 4)),
        Root("root-normuon-scale", "split at 5.93 medians, second moment, four learned steps", o =>
            (o.normuon_beta2, o.outlier_scale, o.ns_steps) = (0.95, 5.93, 4)),
        Root("root-normuon-brake", "no split, second moment, four learned steps, radial brake", o =>
        {
            NorMuon(o, steps: 4);
            o.radial_brake = true;
        }, rate: 0.0226),
        Root("root-rows-brake-4", "rows balanced, no split, radial brake, four learned steps", o =>
        {
            Rows(o);
            (o.radial_brake, o.ns_steps) = (true, 4);
        }, rate: 0.0226),
        Root("root-rows-normuon-brake-4", "rows balanced, no split, second moment, radial brake, four learned steps", o =>
        {
            NorMuon(o, steps: 4);
            (o.row_balance, o.radial_brake) = (RowBalance.Rows, true);
        }, rate: 0.0226),
        Root("root-both-4", "rows and columns balanced, no split, four learned steps", o =>
            (o.row_balance, o.outlier_quantile, o.ns_steps) = (RowBalance.Both, 1, 4)),
        Root("root-both-brake-4", "rows and columns balanced, no split, radial brake, four learned steps", o =>
            (o.row_balance, o.outlier_quantile, o.radial_brake, o.ns_steps) = (RowBalance.Both, 1, true, 4), rate: 0.0226),
        Rising(Root("root-normuon-momentum", "no split, second moment, four learned steps, momentum from 0.8 to 0.9", o =>
            NorMuon(o, steps: 4))),
        Rising(Root("root-normuon-brake-momentum",
            "no split, second moment, four learned steps, radial brake, momentum from 0.8 to 0.9", o =>
            {
                NorMuon(o, steps: 4);
                o.radial_brake = true;
            }, rate: 0.0226)),
    ];

    public static RaceEntry Named(string name) => All.FirstOrDefault(entry => entry.Name == name)
        ?? throw new UserException($"--entry {name}: of {string.Join(", ", All.Select(entry => entry.Name))}.", UserException.Usage);

    private static RaceEntry Muon(string name, string meaning, Action<Optimizers.Muon.Options> set,
        Func<Gpt, double, Optimizers.Muon.Options, Optimizers.Muon>? make = null) => new(meaning, new(name, 0.016, (model, lr) =>
        {
            var options = new Optimizers.Muon.Options { momentum = Momentum, weight_decay = 0.1, lr_scale = LrScale.MatchAdamWRms };
            set(options);
            return make?.Invoke(model, lr, options) ?? new Optimizers.Muon(model, lr, options);
        }));

    private static void Rows(RootOptimizer.Options options) => (options.row_balance, options.outlier_quantile) = (RowBalance.Rows, 1);

    private static void NorMuon(RootOptimizer.Options options) => NorMuon(options, steps: 3);

    private static void NorMuon(RootOptimizer.Options options, int steps) =>
        (options.outlier_quantile, options.normuon_beta2, options.ns_steps) = (1, 0.95, steps);

    private static RaceEntry Rising(RaceEntry entry) =>
        Around(entry, (inner, _) => new(inner, momentum: new(inner, 50, from: Momentum - 0.1, to: Momentum)));

    private static RaceEntry Averaged(RaceEntry entry) =>
        Around(entry, (inner, model) => new(inner, average: new WeightAverage(model, 0.9), share: 0.6));

    /// <summary>An entry, with something around its optimizer.</summary>
    private static RaceEntry Around(RaceEntry entry, Func<OptimizerHelper, Gpt, SurroundedOptimizer> surround) => entry with
    {
        Contender = entry.Contender with { Create = (model, lr) => surround(entry.Contender.Create(model, lr), model) },
    };

    private static RaceEntry Root(string name, string meaning, Action<RootOptimizer.Options> set, double rate = 0.016) =>
        new(meaning, new(name, rate, (model, lr) =>
        {
            var options = new RootOptimizer.Options { momentum = Momentum, weight_decay = 0.1 };
            set(options);
            return new RootOptimizer(model, lr, options);
        }));

    private static RaceEntry AdamW(string name, string meaning, double beta1 = 0.9, double beta2 = 0.95, double decay = 0.1,
        int warmup = 30) => new(meaning, new(name, 4e-3, (model, lr) =>
        {
            var parameters = model.parameters().ToLookup(parameter => parameter.dim() >= 2);
            return torch.optim.AdamW(
                [
                    new AdamW.ParamGroup(parameters[true], lr, beta1, beta2, weight_decay: decay),
                    new AdamW.ParamGroup(parameters[false], lr, beta1, beta2),
                ], lr);
        }), warmup);
}
