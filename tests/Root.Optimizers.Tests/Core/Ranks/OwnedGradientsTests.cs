using Root.Optimizers.Core.Ranks;
using Root.Optimizers.Distributed;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core.Ranks;

/// <summary>Gradients that are averaged where their parameters are stepped, and their norm.</summary>
public class OwnedGradientsTests
{
    public static TheoryData<string> Kinds => [.. RankModel.Kinds];

    private static string Trained(string kind, IProcessGroup? ranks, Action<MatrixOptimizer, Parameter[], int> gradients,
        long? mostGathered = null)
    {
        var parameters = RankModel.Parameters();
        using var optimizer = RankModel.Make(kind, parameters, ranks);
        if (mostGathered is { } most) optimizer.Shards!.MostGathered = most;
        for (var step = 1; step <= 6; step++)
        {
            gradients(optimizer, parameters, step);
            optimizer.step();
        }
        return RankModel.Hash(parameters);
    }

    private static string OnPartsOfData(string kind, ThreadGroup group, long? mostGathered = null) =>
        Trained(kind, group, (optimizer, parameters, step) =>
        {
            RankModel.PartGradients(parameters, step, group.Rank, group.Size);
            optimizer.AverageGradients();
        }, mostGathered);

    [Theory, MemberData(nameof(Kinds))]
    public void Two_ranks_with_half_a_batch_each_are_one_process_with_all_of_it(string kind)
    {
        var alone = Trained(kind, null, (_, parameters, step) => RankModel.MeanGradients(parameters, step, 2));
        Assert.Equal([alone, alone], ThreadGroup.Run(2, group => OnPartsOfData(kind, group)));
    }

    [Theory]
    [InlineData(2, 1_000)]
    [InlineData(3, null)]
    [InlineData(4, 10_000)]
    public void Averages_are_those_that_are_made_everywhere(int ranks, int? mostGathered)
    {
        var everywhere = ThreadGroup.Run(ranks, group => Trained("root", group, (_, parameters, step) =>
        {
            RankModel.PartGradients(parameters, step, group.Rank, group.Size);
            group.AverageGradients(parameters);
        }));
        Assert.Single(everywhere.Distinct());
        Assert.Equal(everywhere, ThreadGroup.Run(ranks, group => OnPartsOfData("root", group, mostGathered)));
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(1_000)]
    public void Gradients_that_do_not_lie_in_one_piece_are_averaged(long mostGathered) => ThreadGroup.Run(2, group =>
    {
        var (parameters, expected) = (RankModel.Parameters(), RankModel.Parameters());
        using var optimizer = RankModel.Make("root", parameters, group);
        optimizer.Shards!.MostGathered = mostGathered;
        RankModel.PartGradients(parameters, 5, group.Rank, group.Size);
        foreach (var parameter in parameters.Where(its => its.dim() == 2)) parameter.grad = parameter.grad?.t().contiguous().t();
        optimizer.AverageGradients();
        RankModel.MeanGradients(expected, 5, group.Size);
        foreach (var (slot, its) in optimizer.Slots.Zip(expected))
            foreach (var piece in slot.Pieces.Where(piece => piece.Rank == group.Rank))
                Close.Exactly(Part(its.grad!, piece), Part(slot.Parameter.grad!, piece));
        return 0;

        static Tensor Part(Tensor of, Piece piece) => of.contiguous().view(-1).narrow(0, piece.Start, piece.Length);
    });

    [Fact]
    public void A_gradient_that_is_not_finite_anywhere_is_refused_on_all_ranks() => ThreadGroup.Run(2, group =>
    {
        var parameters = RankModel.Parameters();
        using var optimizer = RankModel.Make("muon", parameters, group);
        RankModel.PartGradients(parameters, 1, group.Rank, group.Size);
        if (group.Rank == 0)
            foreach (var parameter in parameters) parameter.grad?.fill_(float.NaN);
        optimizer.AverageGradients();
        Assert.Throws<NotFiniteNumberException>(() => optimizer.step());
        return 0;
    });

    [Fact]
    public void A_gradient_that_one_rank_refuses_to_average_is_refused_on_all()
    {
        var messages = ThreadGroup.Run(2, group =>
        {
            using var weight = new Parameter(ones(4, 3));
            using var optimizer = new Muon([("a.weight", weight)], process_group: group);
            weight.grad = group.Rank == 0 ? ones(4, 3) : sparse_coo_tensor(zeros(2, 0, dtype: int64), zeros(0), [4, 3]);
            return Assert.Throws<InvalidOperationException>(optimizer.AverageGradients).Message;
        });
        Assert.StartsWith("Rank 1: 'a.weight' of shape (4, 3) has a sparse gradient", messages[0]);
        Assert.StartsWith("'a.weight' of shape (4, 3) has a sparse gradient", messages[1]);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1e6)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(0)]
    public void A_norm_is_clipped_as_TorchSharp_clips_it(double most)
    {
        var (own, its) = (RankModel.Parameters(), RankModel.Parameters());
        using var optimizer = RankModel.Make("muon", own);
        foreach (var parameters in new[] { own, its })
        {
            RankModel.PartGradients(parameters, 5, 0, 1);
            // TorchSharp takes norms of 16-bit gradients in 16 bits.
            foreach (var parameter in parameters.Where(parameter => parameter.ElementSize == 2)) parameter.grad = null;
        }
        var norm = optimizer.ClipGradNorm(most);
        Assert.Equal(nn.utils.clip_grad_norm_(its, most), norm, 1e-6 * norm); // observed 8.5e-8 of it: TorchSharp's is float32
        foreach (var (one, other) in own.Zip(its))
            if (one.grad is not null) Close.To(other.grad!, one.grad, 1e-8); // observed 6.5e-10
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_norm_that_is_not_finite_is_that_of_TorchSharp_and_so_is_what_becomes_of_gradients(float value)
    {
        var runs = new List<(double norm, float[] gradient)>();
        foreach (var clip in new Func<Parameter, double>[] { One, p => nn.utils.clip_grad_norm_([p], 1) })
        {
            using var weight = new Parameter(ones(2, 2));
            weight.grad = tensor(new[] { 1, value, 2, 3 }).view(2, 2);
            runs.Add((clip(weight), weight.grad.data<float>().ToArray()));
        }
        Assert.Equal(runs[1].norm, runs[0].norm);
        Assert.Equal(runs[1].gradient, runs[0].gradient);

        static double One(Parameter weight)
        {
            using var optimizer = new Muon([("a.weight", weight)]);
            return optimizer.ClipGradNorm(1);
        }
    }

    [Fact]
    public void Ranks_clip_by_one_norm_as_one_process_does()
    {
        var alone = Trained(out var norms, null);
        foreach (var ranks in new[] { 2, 3 })
            foreach (var (hash, its) in ThreadGroup.Run(ranks, group => (Trained(out var norms, group), norms)))
            {
                Assert.Equal(alone, hash);
                Assert.Equal(norms.Select(norm => (float)norm), its.Select(norm => (float)norm));
            }

        static string Trained(out List<double> norms, ThreadGroup? group)
        {
            var found = norms = [];
            return OwnedGradientsTests.Trained("root", group, (optimizer, parameters, step) =>
            {
                RankModel.PartGradients(parameters, step, 0, 1);
                found.Add(optimizer.ClipGradNorm(1));
            });
        }
    }

    [Fact]
    public void Averaging_and_clipping_leave_no_tensors() => ThreadGroup.Run(2, group =>
    {
        var parameters = RankModel.Parameters();
        using var optimizer = RankModel.Make("root", parameters, group);
        RankModel.PartGradients(parameters, 1, group.Rank, group.Size);
        void Use()
        {
            optimizer.AverageGradients();
            optimizer.ClipGradNorm(1);
        }
        Use();
        var before = LiveTensors.Count;
        for (var i = 0; i < 5; i++) Use();
        Assert.Equal(before, LiveTensors.Count);
        return 0;
    });

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void A_bound_that_is_none_is_refused(double most)
    {
        using var optimizer = RankModel.Make("muon", RankModel.Parameters());
        Assert.Equal("max_norm", Assert.Throws<ArgumentOutOfRangeException>(() => optimizer.ClipGradNorm(most)).ParamName);
        Assert.Equal(0, optimizer.ClipGradNorm(1));
    }
}
