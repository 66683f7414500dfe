using Root.Optimizers.AdaNewton;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.AdaNewton;

/// <summary>Coefficients learned while the optimizer steps.</summary>
public class CoefficientLearningTests
{
    private static RootOptimizer Learning(IEnumerable<Parameter> parameters, CoefficientTable? table = null) =>
        new(parameters, new RootOptimizer.Options { momentum = 0, outlier_quantile = 1,
            coefficients = table ?? CoefficientTable.Shipped(), precision = Precision.Float32 });

    private static CoefficientTable TableOf(RootOptimizer optimizer) => (CoefficientTable)optimizer.Coefficients;

    /// <summary>A matrix with singular values spread evenly in log s over [l, 1].</summary>
    private static Tensor Spread(long rows, long columns, double l)
    {
        var (U, S, Vh) = linalg.svd(randn(rows, columns), fullMatrices: false);
        return U.matmul(diag(logspace(0, Math.Log10(l), S.shape[0]))).matmul(Vh);
    }

    [Fact]
    public void The_table_follows_a_changing_spectrum()
    {
        random.manual_seed(1);
        var parameter = Models.Parameter(24, 60);
        using var optimizer = Learning([parameter]);
        var lower = new List<double>();
        foreach (var l in new[] { 1e-3, 0.3, 1e-3 })
        {
            for (var step = 0; step < 20; step++)
            {
                Models.Gradient(parameter, Spread(24, 60, l));
                optimizer.step();
            }
            var (_, _, _, entry) = TableOf(optimizer).Entries.Single(e => (e.shorter, e.longer, e.steps) == (24, 60, 3));
            Assert.NotNull(entry.Step);
            Assert.Same(entry.Schedule, optimizer.Coefficients.For(24, 60, 3));
            lower.Add(entry.Schedule.Lower!.Value);
        }
        Assert.True(lower[1] > 3 * lower[0], string.Join(", ", lower));
        Assert.True(lower[1] > 3 * lower[2], string.Join(", ", lower));
    }

    [Fact]
    public void Refits_are_dense_at_first_and_sparse_later()
    {
        var due = Enumerable.Range(1, 10_000).Where(step => RefitSchedule.IsDue(step)).ToArray();
        Assert.Equal([1, 5, 9, 13, 17], due.Take(5));
        Assert.InRange(due.Count(step => step <= 100), 14, 20);
        Assert.InRange(due.Count(step => step > 1000), 10, 20);
        Assert.Equal(due.Length, RefitSchedule.Count(10_000));
    }

    [Theory]
    [InlineData(8, 20)]
    [InlineData(20, 8)]
    public void Every_parameter_of_a_shape_in_either_orientation_has_its_turn(long rows, long columns)
    {
        random.manual_seed(2);
        Parameter[] parameters = [Models.Parameter(8, 20), Models.Parameter(rows, columns)];
        var table = new CoefficientTable();
        using var optimizer = Learning(parameters, table);
        var seen = new List<double>();
        for (var step = 1; step <= 13; step++)
        {
            Models.Gradient(parameters[0], Spread(8, 20, 0.5));
            Models.Gradient(parameters[1], Spread(rows, columns, 1e-3));
            optimizer.step();
            if (RefitSchedule.IsDue(step)) seen.Add(table.For(8, 20, 3).Lower!.Value);
        }
        Assert.True(seen[0] > seen[1] && seen[2] > seen[3], string.Join(", ", seen));
    }

    [Fact]
    public void The_same_seed_gives_the_same_table_and_takes_no_random_numbers()
    {
        (string table, float next) Run()
        {
            random.manual_seed(3);
            Parameter[] parameters = [Models.Parameter(12, 30), Models.Parameter(30, 30), Models.Parameter(520, 530)];
            using var optimizer = new RootOptimizer(parameters);
            for (var step = 0; step < 4; step++)
            {
                Models.RandomGradients(parameters);
                optimizer.step();
            }
            return (TableOf(optimizer).ToJson(), rand(1).item<float>());
        }
        var first = Run();
        Assert.Equal(first, Run());
        random.manual_seed(3);
        Parameter[] same = [Models.Parameter(12, 30), Models.Parameter(30, 30), Models.Parameter(520, 530)];
        for (var step = 0; step < 4; step++) Models.RandomGradients(same);
        Assert.Equal(first.next, rand(1).item<float>());
    }

    [Fact]
    public void Zero_gradients_teach_nothing()
    {
        var parameter = Models.Parameter(6, 9);
        var table = new CoefficientTable();
        using var optimizer = Learning([parameter], table);
        Models.Gradient(parameter, zeros(6, 9));
        optimizer.step();
        Assert.Empty(table.Entries);
    }

    [Theory]
    [InlineData(1, 7, 0.01)] // observed 1.000
    [InlineData(7, 1, 0.01)] // observed 1.000
    [InlineData(2, 2, 0.2)] // observed 0.85: of a square shape it is prepared for a small value beside the large one
    [InlineData(20, 40, 0.01)] // observed 1.000
    public void Rank_one_and_tiny_momentum_give_finite_steps_of_the_right_size(long rows, long columns, double learned)
    {
        foreach (var scale in new[] { 1.0, 1e-30 })
            // Before anything is learned, within the bound of so many steps; of three observed 0.684.
            foreach (var (steps, bound) in new[] { (3, 0.6), (4, 0.3) })
            {
                var parameter = new Parameter(zeros(rows, columns).OnDevice());
                using var optimizer = new RootOptimizer([parameter], new RootOptimizer.Options
                {
                    LearningRate = 1,
                    lr_scale = LrScale.None,
                    momentum = 0,
                    outlier_quantile = 1,
                    ns_steps = steps,
                    route = _ => Route.Matrix, // vectors are AdamW's otherwise
                });
                Models.Gradient(parameter, randn(rows, 1).matmul(randn(1, columns)) * scale);
                optimizer.step();
                Assert.InRange(linalg.svdvals(parameter.detach().cpu())[0].item<float>(), 1 - bound, 1 + bound);
                Models.Gradient(parameter, randn(rows, 1).matmul(randn(1, columns)) * scale);
                using var before = parameter.detach().clone();
                optimizer.step();
                // The second knows that there is one value.
                Assert.InRange(linalg.svdvals((parameter.detach() - before * 0.9).cpu())[0].item<float>(), 1 - learned, 1 + learned);
            }
    }

    [Fact]
    public void Optimizers_share_a_table_that_both_are_given()
    {
        var table = new CoefficientTable();
        var (a, b) = (Models.Parameter(6, 9), Models.Parameter(5, 5));
        using var first = Learning([a], table);
        using var second = Learning([b], table);
        Models.RandomGradients([a, b]);
        first.step();
        second.step();
        Assert.Equal([(5L, 5L), (6L, 9L)], table.Entries.Select(e => (e.shorter, e.longer)));
        Assert.Same(table, first.Coefficients);
    }

    [Fact]
    public void Resuming_in_the_midst_of_learning_gives_the_unbroken_run_bit_for_bit()
    {
        Parameter[] Fresh() { random.manual_seed(4); return [Models.Parameter(12, 30), Models.Parameter(12, 30), Models.Parameter(9)]; }
        void Step(RootOptimizer optimizer, int seed)
        {
            random.manual_seed(seed);
            Models.RandomGradients(optimizer.parameters());
            optimizer.step();
        }
        var (unbroken, first) = (Fresh(), Fresh());
        using var reference = new RootOptimizer(unbroken);
        using var before = new RootOptimizer(first);
        for (var step = 0; step < 8; step++) { Step(reference, step); Step(before, step); }

        var resumed = first.Select(p => new Parameter(p.detach().clone())).ToArray();
        using var after = new RootOptimizer(resumed);
        Saving.Load(after, Saving.Bytes(before));
        Assert.Equal(TableOf(before).ToJson(), TableOf(after).ToJson());

        for (var step = 8; step < 25; step++) { Step(reference, step); Step(after, step); }
        for (var i = 0; i < unbroken.Length; i++) Close.Exactly(unbroken[i].detach(), resumed[i].detach());
        Assert.Equal(TableOf(reference).ToJson(), TableOf(after).ToJson());
    }

    [Fact]
    public void A_frozen_table_is_saved_and_a_published_one_comes_back_published()
    {
        static RootOptimizer Fresh(RootOptimizer.Options options)
        {
            random.manual_seed(5);
            return new([Models.Parameter(6, 9)], options);
        }
        static void Pass(RootOptimizer from, RootOptimizer to) => Saving.Load(to, Saving.Bytes(from));
        using var learned = Fresh(new() { coefficients = new CoefficientTable() });
        Models.RandomGradients(learned.parameters());
        learned.step();
        ((RootOptimizer.ParamGroup)learned.ParamGroups.Single()).Options.learn_coefficients = false;
        using var other = Fresh(new());
        Pass(learned, other);
        Assert.Equal(TableOf(learned).Entries, TableOf(other).Entries);

        using var published = Fresh(RootOptimizer.Options.Published());
        Assert.Throws<InvalidDataException>(() => Pass(learned, published));
        Assert.Throws<ArgumentException>(() => published.load_state_dict(learned.state_dict()));
        Pass(published, other);
        Assert.Same(Coefficients.Published, other.Coefficients);
    }

    [Fact]
    public void Groups_of_one_shape_take_turns()
    {
        random.manual_seed(6);
        Parameter[] parameters = [Models.Parameter(8, 20), Models.Parameter(8, 20)];
        using var optimizer = new RootOptimizer(parameters.Select(p => new RootOptimizer.ParamGroup([p])),
            new RootOptimizer.Options { momentum = 0, outlier_quantile = 1 });
        var seen = new List<double>();
        for (var step = 1; step <= 13; step++)
        {
            Models.Gradient(parameters[0], Spread(8, 20, 0.5));
            Models.Gradient(parameters[1], Spread(8, 20, 1e-3));
            optimizer.step();
            if (RefitSchedule.IsDue(step)) seen.Add(optimizer.Coefficients.For(8, 20, 3).Lower!.Value);
        }
        Assert.True(seen[0] > seen[1] && seen[2] > seen[3], string.Join(", ", seen));
    }

    [Fact]
    public void Without_learning_the_table_stays()
    {
        var table = new CoefficientTable();
        var parameter = Models.Parameter(6, 9);
        using var optimizer = new RootOptimizer([parameter],
            new RootOptimizer.Options { coefficients = table, learn_coefficients = false });
        Models.RandomGradients([parameter]);
        optimizer.step();
        Assert.Empty(table.Entries);
        Assert.Equal(5, ((RootOptimizer.ParamGroup)optimizer.ParamGroups.Single()).Options.Steps);
        using var published = new RootOptimizer(Models.Mlp(), RootOptimizer.Options.Published());
        Assert.Same(Coefficients.Published, published.Coefficients);
    }

    [Fact]
    public void A_fit_takes_effect_at_the_next_step_whatever_the_batches()
    {
        // In one group the two orientations are two batches, in two groups as well, the other way round.
        Tensor[] Steps(bool grouped)
        {
            random.manual_seed(8);
            Parameter[] p = [Models.Parameter(8, 20), Models.Parameter(20, 8), Models.Parameter(8, 20)];
            RootOptimizer.Options options = new() { precision = Precision.Float32 };
            using var optimizer = grouped
                ? new RootOptimizer([new RootOptimizer.ParamGroup([p[0]]), new RootOptimizer.ParamGroup([p[1]]),
                    new RootOptimizer.ParamGroup([p[2]])], options)
                : new RootOptimizer(p, options);
            for (var step = 0; step < 12; step++)
            {
                Models.RandomGradients(p);
                optimizer.step();
            }
            return p.Select(x => x.detach()).ToArray();
        }
        foreach (var (one, other) in Steps(false).Zip(Steps(true))) Close.To(one, other, 1e-6); // seen: 0
    }
}
