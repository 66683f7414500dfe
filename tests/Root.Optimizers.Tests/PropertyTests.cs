using CsCheck;
using Root.Optimizers.Modular;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests;

/// <summary>What holds for every shape, type, group and hyperparameter, over cases that a generator draws.</summary>
public class PropertyTests
{
    /// <summary>Goes through cases that are the same in every run.</summary>
    private static void ForEach<T>(Gen<T> cases, int count, Action<T> property)
    {
        for (var i = 0u; i < count; i++)
        {
            using var scope = NewDisposeScope();
            property(cases.Generate(new PCG(i, 20_261_126), null, out _));
        }
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>One case of an optimizer of matrices: float64, so that only rounding parts what should be equal.</summary>
    private sealed record Case(string Kind, int Rows, int Columns, int Steps, double Momentum, bool Nesterov, double Decay, bool Cautious,
        int Numbers)
    {
        public MatrixOptimizer Make(Parameter parameter, double quantile = 0.8)
        {
            T With<T>(T options) where T : OrthogonalizingOptions
            {
                (options.LearningRate, options.momentum, options.nesterov) = (0.1, Momentum, Nesterov);
                (options.weight_decay, options.cautious) = (Decay, Cautious);
                (options.lr_scale, options.route) = (LrScale.MatchAdamWRms, _ => Route.Matrix);
                return options;
            }
            return Kind == "muon"
                ? new Muon([parameter], With(new Muon.Options()))
                : new RootOptimizer([parameter], With(new RootOptimizer.Options
                    { outlier_quantile = quantile, exact_quantile = true, learn_coefficients = false }));
        }

        /// <summary>The weight after some steps, from a weight and gradients that a map has changed.</summary>
        public Tensor Run(Func<Tensor, Tensor> map, ScalarType type = ScalarType.Float64, double quantile = 0.8, double scale = 1)
        {
            random.manual_seed(Numbers);
            var parameter = new Parameter(map(randn(Rows, Columns, ScalarType.Float64)).contiguous().to(type).OnDevice());
            using var optimizer = Make(parameter, quantile);
            for (var step = 0; step < Steps; step++)
            {
                Models.Gradient(parameter, map(randn(Rows, Columns, ScalarType.Float64)) * scale);
                optimizer.step();
            }
            return parameter.detach().cpu();
        }
    }

    private static readonly Gen<Case> Cases = Gen.Select(OneOf("root", "muon"), Gen.Int[1, 24], Gen.Int[1, 24],
        Gen.Select(Gen.Int[1, 4], OneOf(0.0, 0.5, 0.95), Gen.Bool),
        Gen.Select(OneOf(0.0, 0.1, 2.0), Gen.Bool, Gen.Int[1, 1_000_000]),
        (kind, rows, columns, a, b) => new Case(kind, rows, columns, a.Item1, a.Item2, a.Item3, b.Item1, b.Item2, b.Item3));

    private static void Hold(Action<Case> property) => ForEach(Cases, 60, property);

    [Fact]
    public void Every_singular_value_from_l_on_ends_within_the_schedules_bound() => ForEach(Gen.Select(Gen.Int[1, 20], Gen.Int[0, 20],
        Gen.Int[1, 6], Gen.Double[0, 1], Gen.Int[1, 1_000_000]), 100, drawn =>
    {
        var (n, more, steps, place, numbers) = drawn;
        random.manual_seed(numbers);
        var bank = MinimaxFamily.Bank(steps);
        var schedule = bank[(int)(place * (bank.Count - 1))];
        // Singular values from l of the norm that the matrix is divided by: the largest is at least its n^(1/8)th part.
        var least = schedule.Lower!.Value * Math.Pow(n, 1.0 / 8);
        var s = rand(n, ScalarType.Float64) * (1 - least) + least;
        var (U, V) = (linalg.qr(randn(n, n, ScalarType.Float64)).Q, linalg.qr(randn(n + more, n, ScalarType.Float64)).Q);
        if (least >= 1) return;
        s[0] = 1;
        var result = NewtonSchulz.Orthogonalize((U * s).matmul(V.mT), schedule);
        foreach (var value in linalg.svdvals(result).data<double>().ToArray())
            Assert.InRange(value, 1 - schedule.Bound - 1e-9, 1 + schedule.Bound + 1e-9);
    });

    [Fact]
    public void Orthogonal_factors_pass_through_a_step_that_clips_nothing() => Hold(c =>
    {
        if (c.Cautious) return; // looks at signs of entries
        random.manual_seed(c.Numbers + 1);
        var (P, Q) = (linalg.qr(randn(c.Rows, c.Rows, ScalarType.Float64)).Q, linalg.qr(randn(c.Columns, c.Columns, ScalarType.Float64)).Q);
        Tensor Turned(Tensor X) => P.matmul(X).matmul(Q);
        Close.To(Turned(c.Run(X => X, quantile: 1)), c.Run(Turned, quantile: 1), 1e-9, $"{c}"); // observed 5.8e-15
    });

    [Fact]
    public void A_transposed_matrix_takes_the_transposed_step() =>
        Hold(c => Close.To(c.Run(X => X).mT, c.Run(X => X.mT), 1e-10, $"{c}")); // observed 1.3e-14

    [Fact]
    public void Permuted_rows_and_columns_take_the_permuted_step() => Hold(c =>
    {
        random.manual_seed(c.Numbers + 1);
        var (rows, columns) = (randperm(c.Rows), randperm(c.Columns));
        Tensor Permuted(Tensor X) => X.index_select(0, rows).index_select(1, columns);
        Close.To(Permuted(c.Run(X => X)), c.Run(Permuted), 1e-10, $"{c}"); // observed 1e-14
    });

    [Fact]
    public void The_opposite_matrix_takes_the_opposite_step() =>
        Hold(c => Close.To(c.Run(X => X).neg(), c.Run(X => X.neg()), 0, $"{c}"));

    [Fact]
    public void The_scale_of_gradients_does_not_matter() => Hold(c =>
    {
        if (c.Cautious) return; // an update that is 0 but for rounding decides whether its entry decays
        var expected = c.Run(X => X, ScalarType.Float32);
        foreach (var scale in new[] { 1e-30, 1e-10, 1e10, 1e30 })
            Close.To(expected, c.Run(X => X, ScalarType.Float32, scale: scale), 2e-4, $"{c} {scale}"); // observed 8e-6
    });

    private static readonly Gen<(string kind, ScalarType type, int shapes, double momentum, bool cautious, int numbers)> Still = Gen.Select(
        OneOf("root", "muon", "free", "modular"), OneOf(ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16,
            ScalarType.Float16), Gen.Int[1, 5], OneOf(0.0, 0.9), Gen.Bool, Gen.Int[1, 1_000_000]);

    [Fact]
    public void Learning_rate_0_and_decay_0_change_nothing_off_manifolds() =>
        ForEach(Still, 60, drawn =>
    {
        var (kind, type, shapes, momentum, cautious, numbers) = drawn;
        random.manual_seed(numbers);
        var sizes = new Random(numbers);
        T With<T>(T options, double lr) where T : MatrixOptions
        {
            (options.LearningRate, options.weight_decay, options.momentum, options.cautious) = (lr, lr == 0 ? 0.1 : 0, momentum, cautious);
            options.fallback_lr_factor = lr == 0 ? 1 : 0;
            return options;
        }
        Parameter[] parameters = [.. Enumerable.Range(0, shapes).Select(_ => new Parameter(randn([.. Enumerable.Range(0, sizes.Next(1, 4))
            .Select(_ => (long)sizes.Next(2, 9))]).to(type).OnDevice()))];
        if (kind == "modular") parameters = [.. parameters.Where(p => p.dim() == 2)];
        if (parameters.Length == 0) return;
        // Groups of one to three parameters, and matrices of which some go to AdamW.
        Route Routed(RoutedParameter p) => p.Route == Route.Matrix && sizes.Next(3) == 0 ? Route.AdamW : p.Route;
        T[] Drawn<T>(Func<Parameter[], T> group) => [.. parameters.Chunk(sizes.Next(1, 4)).Select(group)];
        using MatrixOptimizer optimizer = kind switch
        {
            "root" => new RootOptimizer(Drawn(g => new RootOptimizer.ParamGroup(g, new() { route = Routed })),
                With(new RootOptimizer.Options(), 0)),
            "muon" => new Muon(Drawn(g => new Muon.ParamGroup(g, new() { route = Routed })), With(new Muon.Options(), 0)),
            "free" => new ManifoldMuon(parameters, With(new ManifoldMuon.Options { manifold = Manifold.Euclidean }, 0)),
            _ => new ModularDescent(ModularBudget.FromTree(parameters.Select(ModularNode (p) => Atom.Linear(p))
                .Aggregate((tree, atom) => tree >> atom)), With(new ModularDescent.Options(), 0)),
        };
        var before = parameters.Select(p => p.detach().clone()).ToArray();
        for (var step = 0; step < 3; step++)
        {
            Models.RandomGradients(parameters);
            optimizer.step();
        }
        for (var i = 0; i < parameters.Length; i++) Close.Exactly(before[i], parameters[i].detach());
    });
}
