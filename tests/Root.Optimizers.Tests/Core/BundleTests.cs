using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>What steps together steps as each parameter alone, whichever of them have a gradient.</summary>
public class BundleTests
{
    private static readonly Dictionary<string, Func<(string, Parameter)[], MatrixOptimizer>> Optimizers = new()
    {
        ["root"] = p => new RootOptimizer(p, 0.02, new() { learn_coefficients = false, cautious = true }),
        ["muon"] = p => new Muon(p, new Muon.Options { LearningRate = 0.02, weight_decay = 0.1 }),
        ["fallback"] = p => new Muon(p, new Muon.Options { LearningRate = 0.02, route = _ => Route.AdamW }),
        ["manifold"] = p => new ManifoldMuon(p, new ManifoldMuon.Options { LearningRate = 0.02, momentum = 0.9 }),
        ["spheres"] = p => new HypersphericalDescent(p, new HypersphericalDescent.Options { LearningRate = 0.02, momentum = 0.9 }),
    };

    public static TheoryData<string, ScalarType, bool> Cases => [.. from kind in Optimizers.Keys
        from type in new[] { ScalarType.Float32, ScalarType.BFloat16 }
        from deferred in new[] { false, true }
        select (kind, type, deferred)];

    [Theory, MemberData(nameof(Cases))]
    public void A_step_is_that_of_each_parameter_alone(string kind, ScalarType type, bool deferred)
    {
        (string, Parameter)[] Fresh()
        {
            random.manual_seed(1);
            long[][] shapes = [[6, 9], [6, 9], [9, 6], [6, 9], [6, 3, 3], [6, 1, 3, 3], [5], [7], [5]];
            return [.. shapes.Select((shape, i) => ($"{i}.weight", Models.Parameter(type, shape)))];
        }
        var (together, alone) = (Fresh(), Fresh());
        using var all = Optimizers[kind](together);
        var each = alone.Select(p => Optimizers[kind]([p])).ToArray();
        foreach (var optimizer in each.Append(all)) optimizer.DefersFiniteCheck = deferred;
        var some = new Random(2);
        for (var step = 0; step < 12; step++)
        {
            for (var i = 0; i < together.Length; i++)
            {
                var gradient = randn(together[i].Item2.shape);
                together[i].Item2.grad = null;
                if (step > 2 && some.Next(3) == 0) continue;
                Models.Gradient(together[i].Item2, gradient);
                Models.Gradient(alone[i].Item2, gradient);
                each[i].step();
            }
            all.step();
            // Between the steps somebody sets a weight.
            if (step == 6)
                using (no_grad())
                    foreach (var parameters in new[] { together, alone }) parameters[1].Item2.mul_(0.5);
        }
        foreach (var ((_, expected), (_, actual)) in alone.Zip(together))
            Close.Exactly(expected.detach(), actual.detach());
        foreach (var optimizer in each) optimizer.Dispose();
    }

    [Fact]
    public void Moving_states_away_and_back_changes_no_step()
    {
        random.manual_seed(3);
        Parameter[] Copy(Parameter[] of) => [.. of.Select(p => new Parameter(p.detach().clone()))];
        var parameters = new[] { Models.Parameter(6, 9), Models.Parameter(6, 9), Models.Parameter(5), Models.Parameter(4) };
        var twins = Copy(parameters);
        using var optimizer = new RootOptimizer(parameters);
        using var twin = new RootOptimizer(twins);
        for (var step = 0; step < 4; step++)
        {
            Models.RandomGradients(parameters);
            foreach (var (from, to) in parameters.Zip(twins)) to.grad = from.grad;
            optimizer.step();
            twin.step();
            // All of them, or one of several that lie side by side.
            foreach (var state in optimizer.state_dict().State.Skip(step % 2 == 0 ? 0 : 1).Take(step % 2 == 0 ? 4 : 1)) state.to(CPU);
            Assert.Equal(Saving.FileBytes(twin), Saving.FileBytes(optimizer));
        }
        foreach (var (expected, actual) in twins.Zip(parameters)) Close.Exactly(expected.detach(), actual.detach());
    }

    [Fact]
    public void Parts_by_rows_and_columns_step_beside_equal_matrices()
    {
        (string, Parameter)[] Fresh()
        {
            random.manual_seed(4);
            return [("plain.weight", Models.Parameter(6, 8)), ("rows.weight", Models.Parameter(14, 8)), ("columns.weight",
                Models.Parameter(6, 16)), ("other.weight", Models.Parameter(6, 8))];
        }
        static Split By(RoutedParameter p) => p.Name switch
        {
            "rows.weight" => Split.Rows(6, 2, 6),
            "columns.weight" => Split.ColumnsInto(2),
            _ => Split.None,
        };
        Muon Make((string, Parameter)[] of) => new(of, new Muon.Options { LearningRate = 0.02, split_of = By });
        var (together, alone) = (Fresh(), Fresh());
        using var all = Make(together);
        var each = alone.Select(p => Make([p])).ToArray();
        for (var step = 0; step < 6; step++)
        {
            foreach (var ((_, one), (_, other)) in together.Zip(alone))
            {
                var gradient = randn(one.shape);
                Models.Gradient(one, gradient);
                Models.Gradient(other, gradient);
            }
            all.step();
            foreach (var optimizer in each) optimizer.step();
        }
        // Sums of a stretch are not rounded as those of a whole tensor are.
        foreach (var ((name, expected), (_, actual)) in alone.Zip(together))
            Close.To(expected.detach(), actual.detach(), 1e-6, name); // observed 1.2e-7
        foreach (var optimizer in each) optimizer.Dispose();
    }

    [Fact]
    public void Kernels_with_the_channels_last_step_as_any()
    {
        random.manual_seed(6);
        static Parameter ChannelsLast(Tensor x) => new(x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2));
        var values = new[] { randn(8, 4, 3, 3), randn(8, 4, 3, 3) };
        var (last, plain) = (values.Select(ChannelsLast).ToArray(), values.Select(x => new Parameter(x.clone())).ToArray());
        Assert.False(last[0].is_contiguous());
        using var one = new Muon(last, lr: 0.02);
        using var other = new Muon(plain, lr: 0.02);
        for (var step = 0; step < 3; step++)
        {
            foreach (var (a, b) in last.Zip(plain))
            {
                b.grad = randn(8, 4, 3, 3);
                a.grad = ChannelsLast(b.grad).detach();
            }
            one.step();
            other.step();
        }
        foreach (var (a, b) in last.Zip(plain)) Close.Exactly(b.detach(), a.detach().contiguous());
    }

    [Fact]
    public void Gradients_of_several_types_meet_in_one_batch()
    {
        random.manual_seed(7);
        var values = new[] { randn(6, 9), randn(6, 9), randn(5), randn(4) };
        Parameter[] Fresh() => [.. values.Select(x => new Parameter(x.clone()))];
        var (mixed, plain) = (Fresh(), Fresh());
        using var one = new RootOptimizer(mixed);
        using var other = new RootOptimizer(plain);
        for (var i = 0; i < values.Length; i++)
        {
            mixed[i].grad = randn(values[i].shape).to(i % 2 == 0 ? ScalarType.BFloat16 : ScalarType.Float32);
            plain[i].grad = mixed[i].grad!.to(ScalarType.Float32);
        }
        one.step();
        other.step();
        foreach (var (a, b) in mixed.Zip(plain)) Close.Exactly(b.detach(), a.detach());
    }

    [Fact]
    public void Parameters_without_entries_are_stepped_over()
    {
        Parameter[] parameters = [new(zeros(0, 5)), new(zeros(0)), Models.Parameter(200, 100)];
        using var optimizer = new Muon(parameters, new Muon.Options { route = p => p.Shape.Contains(0) ? Route.AdamW : p.Route });
        foreach (var parameter in parameters) parameter.grad = ones_like(parameter);
        optimizer.step();
    }

    [Fact]
    public void A_buffer_of_an_optimizers_own_may_not_have_a_name_of_the_bases() =>
        Assert.Contains("'idle'", Assert.Throws<ArgumentException>(() => new Counting([Models.Parameter(3, 4)])).Message);

    private sealed class Counting(IEnumerable<Parameter> parameters)
        : MatrixOptimizer<Muon.Options>([new ParamGroup(parameters)], null)
    {
        protected override IReadOnlyList<Optimizers.Core.StateBuffer> Buffers(Optimizers.Core.MatrixShape shape) => [new("idle", shape)];

        protected override void Update(Optimizers.Core.MatrixBatch batch, Muon.Options options)
        {
        }
    }
}
