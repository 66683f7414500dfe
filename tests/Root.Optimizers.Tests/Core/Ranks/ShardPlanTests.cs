using Root.Optimizers.Core;
using Root.Optimizers.Core.Ranks;

namespace Root.Optimizers.Tests.Core.Ranks;

/// <summary>Who steps what.</summary>
public class ShardPlanTests
{
    private static ShardUnit Matrix(long rows, long columns, int entryBytes = 4) =>
        new(ShardUnit.CostOf(new(rows, columns)), rows * columns, entryBytes);

    private static ShardUnit Vector(long entries, int entryBytes = 4) => new(0, entries, entryBytes, CanBeCut: true);

    /// <summary>18 layers of width 2,048 with query, key, value and output projection and two of the MLP, and two tables of 50,257: 1.1 B
    /// parameters.</summary>
    private static ShardUnit[] Gpt() =>
    [
        .. Enumerable.Range(0, 18).SelectMany(_ => new[]
        {
            Matrix(2048, 2048), Matrix(2048, 2048), Matrix(2048, 2048), Matrix(2048, 2048), Matrix(8192, 2048), Matrix(2048, 8192),
        }), Vector(50257 * 2048), Vector(50257 * 2048),
    ];

    /// <summary>Llama 7B: 32 layers of width 4,096 with 11,008 in the MLP, and two tables of 32,000.</summary>
    private static ShardUnit[] Llama() =>
    [
        .. Enumerable.Range(0, 32).SelectMany(_ => new[]
        {
            Matrix(4096, 4096), Matrix(4096, 4096), Matrix(4096, 4096), Matrix(4096, 4096), Matrix(11008, 4096), Matrix(11008, 4096),
            Matrix(4096, 11008),
        }), Vector(32000 * 4096), Vector(32000 * 4096),
    ];

    private static double Imbalance(IReadOnlyList<double> loads) => loads.Max() / loads.Average();

    public static TheoryData<int> Ranks => [1, 2, 3, 4, 8, 13, 64, 256, 1024];

    [Theory]
    [MemberData(nameof(Ranks))]
    public void Every_entry_has_one_owner(int ranks)
    {
        ShardUnit[] units =
        [
            Vector(1, 8), Matrix(6, 9), Vector(100_003, 2), new(0, 77, 4), Matrix(9, 6, 2), Vector(12_345, 8), Matrix(600, 100), Vector(0),
        ];
        var plan = new ShardPlan(units, ranks);
        foreach (var (unit, pieces) in units.Zip(plan.Pieces))
        {
            var place = 0L;
            foreach (var piece in pieces)
            {
                Assert.Equal(place, piece.Start);
                Assert.True(piece.Length > 0);
                place += piece.Length;
            }
            Assert.Equal(unit.Entries, place);
            if (!unit.CanBeCut) Assert.Single(pieces);
            Assert.Equal(pieces.Count, pieces.DistinctBy(piece => piece.Rank).Count());
        }
        Assert.Equal(units.Sum(unit => unit.Bytes), plan.Bytes.Sum());
        Assert.Equal(units.Sum(unit => unit.Cost), plan.Costs.Sum());
        Assert.Equal(plan.Pieces.SelectMany(pieces => pieces), new ShardPlan(units, ranks).Pieces.SelectMany(pieces => pieces));
    }

    [Fact]
    public void What_was_there_before_stays_and_counts()
    {
        var before = new ShardPlan([Matrix(64, 64)], 2);
        var after = new ShardPlan([Matrix(8, 8), Matrix(8, 8), Vector(3968)], 2, before);
        Assert.Equal([0, 1, 1, 1], before.Pieces.Concat(after.Pieces).Select(pieces => pieces.Single().Rank));
        Assert.Equal(64 * 64 * 4, before.Bytes.Sum());
    }

    [Fact]
    public void The_costliest_matrices_are_dealt_first_and_vectors_level_the_bytes()
    {
        var plan = new ShardPlan([Matrix(10, 10), Matrix(20, 20), Vector(1000), Matrix(10, 40)], 2);
        // 20x20 costs more than 10x40 and 10x10 together.
        Assert.Equal([1, 0, 1], new[] { 0, 1, 3 }.Select(i => plan.Pieces[i].Single().Rank));
        Assert.Equal([new(0, 0, 550), new(1, 550, 450)], plan.Pieces[2]);
    }

    /// <summary>
    /// The most that one rank has to multiply and to send, over the mean: what is lost against an even share. From 256 ranks on the
    /// largest matrix is more than a share.
    /// </summary>
    [Theory]
    [InlineData(2, 1.0, 1.0, 1.0, 1.0)]
    [InlineData(8, 1.02, 1.0, 1.0, 1.0)]
    [InlineData(64, 1.07, 1.0, 1.01, 1.02)]
    [InlineData(256, 4.27, 3.86, 1.64, 1.71)]
    [InlineData(1024, 17.07, 15.45, 6.55, 6.85)]
    public void How_even_two_models_are_on_many_ranks(int ranks, double gptCost, double gptBytes, double llamaCost, double llamaBytes)
    {
        var (gpt, llama) = (new ShardPlan(Gpt(), ranks), new ShardPlan(Llama(), ranks));
        Assert.Equal([gptCost, gptBytes, llamaCost, llamaBytes],
            new[] { gpt.Costs, gpt.Bytes, llama.Costs, llama.Bytes }.Select(loads => Math.Round(Imbalance(loads), 2)));
    }
}
