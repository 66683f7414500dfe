using Root.Optimizers.Modular;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Modular;

public class ModularTreeTests
{
    private static Atom Linear(long rows = 3, long columns = 2) => Atom.Linear(Models.Parameter(rows, columns));

    private static double[] Shares(ModularNode tree) => ModularBudget.FromTree(tree).Select(s => s.Share).ToArray();

    private static void Equal(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (e, a) in expected.Zip(actual)) Assert.Equal(e, a, 1e-12);
    }

    [Fact]
    public void Small_trees_by_hand()
    {
        Equal([1], Shares(Linear()));
        Equal([0.5, 0.5], Shares(Linear() >> Bond.ReLU >> Linear()));
        // What the first moves, the factor 4 after it enlarges.
        Equal([1.0 / 8, 1.0 / 2], Shares(Linear() >> Bond.Scale(-4) >> Linear()));
        Equal([1.0 / 2, 1.0 / 2], Shares(Linear() & Linear()));
        // The mean halves what either of the two does.
        Equal([1.0 / 2, 1.0 / 2, 1.0 / 2], Shares((Linear() & Linear()) >> Bond.Mean(2) >> Linear().Tare(2)));
        Equal([3.0 / 4, 1.0 / 4], Shares(Linear().Tare(3) >> Linear()));
        // The part 1/3 that the block is mixed in with: its own may be three times as large.
        Equal([1.0 / 2, 3.0 / 2], Shares(Linear() >> ModularNode.Residual(Linear(), 3)));
    }

    [Fact]
    public void Masses_and_sensitivities_compose()
    {
        var chain = Linear() >> Bond.Gelu >> Linear();
        Assert.Equal(2, chain.Mass);
        Assert.Equal(Bond.GeluSlope, chain.Sensitivity, 1e-12);
        var side = chain & (2 * Bond.Identity);
        Assert.Equal((2, Bond.GeluSlope + 2), (side.Mass, side.Sensitivity));
        Assert.Equal(1, ModularNode.Residual(Linear(), 5).Sensitivity, 1e-12);
        Assert.Equal(5, side.Tare(5).Mass, 1e-12);
        Assert.Equal(2, side.Mass);
        Assert.Equal(side.Sensitivity, side.Tare(5).Sensitivity);
        Assert.True(side.Proven);
        Assert.False((side >> Bond.Attention).Proven);
        // An input of norm 2 lets an update of norm u move the output by 2u.
        Assert.False((2 * Linear() >> Linear()).Proven);
        Assert.True((2 * Linear() >> (0.5 * Bond.Identity) >> Linear()).Proven);
        Assert.False((Linear() + Linear() >> Linear()).Proven);
        Assert.True((2 * Linear()).Proven);
        Assert.Throws<InvalidOperationException>(() => Bond.ReLU.Tare());
        Assert.Throws<ArgumentException>(() => 0 * Linear());
        Assert.Throws<ArgumentException>(() => Linear().Tare(double.NaN));
    }

    [Fact, Slow]
    public void The_slope_of_gelu_is_as_stated()
    {
        var slopes = Enumerable.Range(0, 100_001).Select(i => -5 + i * 1e-4).Select(x =>
            0.5 * (1 + Erf(x / Math.Sqrt(2))) + x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI)).ToArray();
        Assert.Equal(Bond.GeluSlope, slopes.Max(), 1e-6);
        static double Erf(double x) => tensor(x, float64).erf().item<double>();
    }

    [Fact]
    public void A_budget_prints_as_a_table_and_refuses_what_it_cannot_say()
    {
        var shared = Models.Parameter(2, 2);
        var budget = ModularBudget.FromTree(Atom.Linear(shared, "first") >> Bond.ReLU >> Linear(2, 2));
        var lines = budget.ToString().Split(Environment.NewLine);
        Assert.Equal(4, lines.Length);
        Assert.Contains("first", lines[1]);
        Assert.DoesNotContain("estimates", lines[3]);
        Assert.Equal(0.5, budget.Find(shared)!.Share);
        Assert.Null(budget.Find(Models.Parameter(2, 2)));
        Assert.Throws<ArgumentException>(() => ModularBudget.FromTree(Bond.ReLU));
        Assert.Throws<ArgumentException>(() => ModularBudget.FromTree(Atom.Linear(shared) >> Atom.Linear(shared)));
        Assert.Throws<ArgumentException>(() => Atom.Linear(Models.Parameter(3)));
        Assert.Throws<ArgumentException>(() => Atom.Conv2d(Models.Parameter(3, 3)));
        Assert.Throws<ArgumentException>(() => Atom.Conv2d(nn.Conv2d(4, 4, 3, groups: 2)));
    }

    [Fact]
    public void A_sequential_is_read_module_by_module()
    {
        var model = nn.Sequential(("conv", nn.Conv2d(3, 8, 3)), ("act", nn.ReLU()), ("pool", nn.MaxPool2d(2)),
            ("flat", nn.Flatten()), ("head",
                nn.Sequential(("fc", nn.Linear(32, 5)), ("act", nn.GELU()), ("out", nn.Linear(5, 2)))));
        var budget = ModularBudget.FromSequential(model);
        Assert.Equal(["conv.weight", "head.fc.weight", "head.out.weight"], budget.Select(s => s.Atom.Name));
        // By hand: max pooling of 4 pixels enlarges by 2, GELU by its slope, what is before them has so much less.
        Equal([1 / (3 * 2 * Bond.GeluSlope), 1 / (3 * Bond.GeluSlope), 1.0 / 3], budget.Select(s => s.Share).ToArray());
        var error = Assert.Throws<ArgumentException>(() =>
            ModularBudget.FromSequential(nn.Sequential(("odd", nn.Softmax(1)))));
        Assert.Contains("'odd'", error.Message);
    }
}
