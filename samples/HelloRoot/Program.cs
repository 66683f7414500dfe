// The smallest training with RootOptimizer: one network learns what another, of random weights, answers.
using Root.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

random.manual_seed(1);
using var teacher = Network(hidden: 32);
using var student = Network(hidden: 128);
using var optimizer = new RootOptimizer(student, lr: 1e-2);

Console.WriteLine("Which parameters go where:");
foreach (var routed in optimizer.Routing) Console.WriteLine($"  {routed}");

for (var step = 1; step <= 300; step++)
{
    using var scope = NewDisposeScope();
    var inputs = randn(256, 16);
    optimizer.zero_grad();
    var loss = nn.functional.mse_loss(student.forward(inputs), teacher.forward(inputs).detach());
    loss.backward();
    optimizer.step();
    if (step % 50 == 0) Console.WriteLine($"step {step}: loss {loss.item<float>():0.00000}");
}

static nn.Module<Tensor, Tensor> Network(long hidden) => nn.Sequential(
    ("hidden", nn.Linear(16, hidden)),
    ("tanh", nn.Tanh()),
    ("middle", nn.Linear(hidden, hidden)),
    ("relu", nn.ReLU()),
    ("head", nn.Linear(hidden, 4)));
