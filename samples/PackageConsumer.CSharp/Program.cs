// A program that has the packages from a feed, as a user has them: every optimizer steps, is saved, and goes on from its file.
using Root.Optimizers;
using Root.Optimizers.Distributed;
using Root.Optimizers.Modular;
using TorchSharp;
using static TorchSharp.torch;

return ProcessGroup.Run(group =>
{
    Train("RootOptimizer", model => new RootOptimizer(model, lr: 1e-2, process_group: group));
    Train("Muon", model => new Muon(model, lr: 2e-2, process_group: group));
    Train("torch.optim.Muon", model => optim.Muon(model.parameters(), lr: 2e-2));
    Train("ManifoldMuon", model => new ManifoldMuon(model, lr: 0.02, process_group: group));
    Train("HypersphericalDescent", model => new HypersphericalDescent(model, lr: 0.02, process_group: group));
    Train("ModularDescent", model => new ModularDescent(ModularBudget.FromSequential(model), lr: 0.1, process_group: group));
});

static void Train(string name, Func<TorchSharp.Modules.Sequential, MatrixOptimizer> newOptimizer)
{
    random.manual_seed(1);
    using var teacher = Network();
    using var model = Network();
    using var optimizer = newOptimizer(model);
    var first = Loss();
    for (var step = 0; step < 30; step++)
    {
        Loss();
        optimizer.step();
    }
    var file = Path.GetTempFileName();
    optimizer.Save(file);
    optimizer.Load(file);
    File.Delete(file);
    Console.WriteLine($"{name}: {first:0.0000} -> {Loss():0.0000}");

    float Loss()
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        random.manual_seed(2);
        var inputs = randn(64, 8);
        var loss = nn.functional.mse_loss(model.forward(inputs), teacher.forward(inputs).detach());
        loss.backward();
        return loss.item<float>();
    }
}

static TorchSharp.Modules.Sequential Network() => nn.Sequential(
    ("a", nn.Linear(8, 16, hasBias: false)), ("relu", nn.ReLU()), ("b", nn.Linear(16, 4, hasBias: false)));
