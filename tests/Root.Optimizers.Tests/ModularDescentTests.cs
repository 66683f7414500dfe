using Root.Optimizers.Modular;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests;

public class ModularDescentTests
{
    private static Sequential Model()
    {
        random.manual_seed(1);
        return nn.Sequential(("conv", nn.Conv2d(2, 4, 3)), ("act", nn.ReLU()), ("flat", nn.Flatten()),
            ("a", nn.Linear(16, 16)),
            ("act2", nn.ReLU()), ("b", nn.Linear(16, 16)), ("out", nn.Linear(16, 3))).to(TestDevice.Device);
    }

    [Fact]
    public void A_step_takes_each_share_in_the_atoms_own_norm()
    {
        var model = Model();
        var budget = ModularBudget.FromSequential(model);
        using var optimizer = new ModularDescent(model, budget, lr: 0.3);
        Assert.Equal([Route.Matrix, Route.AdamW, Route.Matrix, Route.AdamW, Route.Matrix, Route.AdamW, Route.Matrix,
            Route.AdamW],
            optimizer.Routing.Select(r => r.Route));
        var before = budget.Select(s => s.Atom.Weight.detach().clone()).ToArray();
        Models.RandomGradients(model.parameters());
        optimizer.step();
        for (var i = 0; i < budget.Count; i++)
        {
            var atom = budget[i].Atom;
            var update = (before[i] - atom.Weight.detach()).reshape(1, before[i].shape[0], -1);
            Assert.Equal(0.3 * budget[i].Share, atom.Norm.Measure(update).item<double>(), 1e-4);
            Assert.True((update * atom.Weight.grad!.reshape(update.shape)).sum().item<float>() > 0);
        }
    }

    [Fact]
    public void Over_the_budget_alone_it_takes_the_same_step()
    {
        var (one, two) = (Model(), Model());
        using var whole = optim.ModularDescent(one, ModularBudget.FromSequential(one), weight_decay: 0.1);
        using var atoms = optim.ModularDescent(ModularBudget.FromSequential(two), weight_decay: 0.1);
        foreach (var (optimizer, model) in new[] { (whole, one), (atoms, two) })
        {
            random.manual_seed(2);
            Models.RandomGradients(model.parameters());
            optimizer.step();
        }
        foreach (var (a, b) in one.named_parameters().Zip(two.named_parameters())
            .Where(p => p.First.name.EndsWith("weight")))
            Close.Exactly(a.parameter.detach(), b.parameter.detach());
    }

    [Fact, Slow]
    public void State_resumes_and_nothing_leaks()
    {
        var (one, two) = (Model(), Model());
        using var reference = new ModularDescent(one, ModularBudget.FromSequential(one));
        using var resumed = new ModularDescent(two, ModularBudget.FromSequential(two), lr: 0.5);
        void Step(ModularDescent optimizer, int seed)
        {
            random.manual_seed(seed);
            Models.RandomGradients(optimizer.parameters());
            optimizer.step();
        }
        Step(reference, 1);
        using (no_grad())
            foreach (var (a, b) in one.parameters().Zip(two.parameters())) b.copy_(a);
        Saving.Load(resumed, Saving.Bytes(reference));
        Step(reference, 2);
        Step(resumed, 2);
        foreach (var (a, b) in one.parameters().Zip(two.parameters())) Close.Exactly(a.detach(), b.detach());

        var before = LiveTensors.Count;
        for (var step = 0; step < 1000; step++) reference.step();
        Assert.Equal(before, LiveTensors.Count);
    }

    [Fact]
    public void A_budget_of_another_model_is_refused()
    {
        var model = Model();
        Assert.Contains("conv.weight", Assert.Throws<ArgumentException>(
            () => new ModularDescent(model, ModularBudget.FromSequential(Model()))).Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RootOptimizer_and_Muon_take_shares_too(bool muon)
    {
        random.manual_seed(3);
        nn.Module Model() => nn.Sequential(("a", nn.Linear(6, 12, hasBias: false)), ("act", nn.ReLU()),
            ("b", nn.Linear(12, 8, hasBias: false))).to(TestDevice.Device);
        TorchSharp.Modules.OptimizerHelper Make(nn.Module model, ModularBudget? budget) => muon
            ? new Muon(model, new Muon.Options { LearningRate = 0.01, budget = budget })
            : new RootOptimizer(model, new RootOptimizer.Options { LearningRate = 0.01, weight_decay = 0, budget = budget });

        var (plain, shared) = (Model(), Model());
        shared.load_state_dict(plain.state_dict());
        var budget = ModularBudget.FromSequential(shared);
        using var without = Make(plain, null);
        using var with = Make(shared, budget);
        var before = plain.parameters().Select(p => p.detach().clone()).ToArray();
        foreach (var (p, q) in plain.parameters().Zip(shared.parameters()))
        {
            var gradient = randn(p.shape);
            Models.Gradient(p, gradient);
            Models.Gradient(q, gradient);
        }
        without.step();
        with.step();
        var (whole, part) = (plain.parameters().ToArray(), shared.parameters().ToArray());
        for (var i = 0; i < 2; i++)
            // Observed 3e-8.
            Close.To((whole[i].detach() - before[i]) * budget[i].Share, part[i].detach() - before[i], 1e-6);
        Assert.Contains("share", Assert.Throws<ArgumentException>(() => muon
            ? new Muon([Models.Parameter(3, 3)], new Muon.Options { budget = budget })
            : new RootOptimizer([Models.Parameter(3, 3)], new RootOptimizer.Options { budget = budget })
                as TorchSharp.Modules.OptimizerHelper).Message);
    }

    [Fact]
    public void ManifoldMuon_takes_shares_too()
    {
        random.manual_seed(3);
        var model = nn.Sequential(("a", nn.Linear(6, 12, hasBias: false)), ("act", nn.GELU()),
            ("b", nn.Linear(12, 8, hasBias: false))).to(TestDevice.Device);
        var budget = ModularBudget.FromSequential(model);
        using var optimizer = new ManifoldMuon(model,
            new ManifoldMuon.Options { LearningRate = 0.01, budget = budget, radius = Radius.Modular });
        var before = budget.Select(s => s.Atom.Weight.detach().clone()).ToArray();
        Assert.All(budget, s => Assert.Equal(1, s.Atom.WeightNorm(), 1e-5));
        Models.RandomGradients(model.parameters());
        optimizer.step();
        for (var i = 0; i < 2; i++)
        {
            var update = (before[i] - budget[i].Atom.Weight.detach()).unsqueeze(0);
            Assert.Equal(0.01 * budget[i].Share, budget[i].Atom.Norm.Measure(update).item<double>(), 1e-5);
        }
        Assert.Contains("share", Assert.Throws<ArgumentException>(() => new ManifoldMuon([Models.Parameter(3, 3)],
            new ManifoldMuon.Options { budget = budget })).Message);
    }
}
