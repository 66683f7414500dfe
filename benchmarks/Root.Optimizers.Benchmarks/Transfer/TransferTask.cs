using Root.Optimizers.Modular;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Transfer;

/// <summary>
/// Classification by a teacher: Gaussian inputs of 32 features, ten classes by a random two-layer network, fresh at
/// every step. The student is a residual MLP without biases.
/// </summary>
internal static class TransferTask
{
    private const long Features = 32;
    private const long Classes = 10;
    private const int Batch = 128;

    /// <summary>A student, its tree of the modular norm, and its forward pass.</summary>
    private sealed class Student : nn.Module<Tensor, Tensor>
    {
        private readonly Linear first;
        private readonly ModuleList<Linear> blocks;
        private readonly Linear last;

        public Student(long width, int depth) : base(nameof(Student))
        {
            first = nn.Linear(Features, width, hasBias: false);
            blocks = new([.. Enumerable.Range(0, depth).Select(_ => nn.Linear(width, width, hasBias: false))]);
            last = nn.Linear(width, Classes, hasBias: false);
            RegisterComponents();
        }

        /// <summary>
        /// Logits: the network's output times 8, so that cross-entropy can fall below what outputs of norm 1 allow.
        /// </summary>
        public override Tensor forward(Tensor x)
        {
            var share = 1.0 / blocks.Count;
            x = first.forward(x);
            foreach (var block in blocks) x = (1 - share) * x + share * nn.functional.relu(block.forward(x));
            return 8 * last.forward(x);
        }

        public ModularBudget Budget() => ModularBudget.FromTree(8 * (blocks.Aggregate(
            (ModularNode)Atom.Linear(first), (tree, block) =>
                tree >> ModularNode.Residual(Atom.Linear(block) >> Bond.ReLU, blocks.Count))
            >> Atom.Linear(last)));
    }

    public static readonly (string name, double[] rates, Func<nn.Module, ModularBudget, double, OptimizerHelper> make)[]
        Optimizers =
    [
        ("adamw", Grid(-11, -3), (m, _, lr) => optim.AdamW(m.parameters(), lr, 0.9, 0.95, weight_decay: 0)),
        ("muon", Grid(-9, -1), (m, _, lr) => new Muon(m, lr, new() { weight_decay = 0 })),
        ("root", Grid(-10, -2), (m, _, lr) => new RootOptimizer(m, lr, new() { weight_decay = 0 })),
        ("modular descent", Grid(-4, 4), (m, budget, lr) => new ModularDescent(m, budget, lr)),
        ("manifold muon", Grid(-4, 4), (m, budget, lr) => new ManifoldMuon(m, new ManifoldMuon.Options
            { LearningRate = lr, momentum = 0.9, budget = budget, radius = Radius.Modular })),
    ];

    /// <summary>Powers of 2.</summary>
    private static double[] Grid(int from, int to) =>
        Enumerable.Range(from, to - from + 1).Select(e => Math.Pow(2, e)).ToArray();

    /// <summary>The mean loss of the last tenth of the training; infinite where it diverged.</summary>
    public static double Train(int optimizer, long width, int depth, double lr, int steps, int seed)
    {
        using var scope = NewDisposeScope();
        manual_seed(seed);
        var (teach1, teach2) = (randn(Features, 64), randn(64, Classes));
        manual_seed(seed + 1);
        using var model = new Student(width, depth);
        var budget = model.Budget();
        // Theirs start where their norm is 1, the others where TorchSharp puts them.
        if (Optimizers[optimizer].name.StartsWith('m') && Optimizers[optimizer].name != "muon") budget.Initialize();
        using var made = Optimizers[optimizer].make(model, budget, lr);
        manual_seed(seed + 2);
        var losses = new List<double>();
        for (var step = 0; step < steps; step++)
        {
            using var inStep = NewDisposeScope();
            foreach (var group in made.ParamGroups) group.LearningRate = lr * (1 - (double)step / steps);
            var x = randn(Batch, Features);
            var classes = nn.functional.relu(x.matmul(teach1)).matmul(teach2).argmax(1);
            made.zero_grad();
            var loss = nn.functional.cross_entropy(model.forward(x), classes);
            losses.Add(loss.item<float>());
            if (!double.IsFinite(losses[^1])) return double.PositiveInfinity;
            loss.backward();
            try
            {
                made.step();
            }
            catch (NotFiniteNumberException)
            {
                return double.PositiveInfinity;
            }
        }
        return losses.TakeLast(Math.Max(1, steps / 10)).Average();
    }
}
