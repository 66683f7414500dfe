using Root.Optimizers.Core;
using Root.Optimizers.Core.State;
using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Extending.Tests;

public class NorMuonTests
{
    [Fact]
    public void It_steps_as_its_paper_says()
    {
        manual_seed(1);
        Parameter[] parameters = [new(randn(24, 40)), new(randn(24, 40)), new(randn(40, 16))];
        using var optimizer = new NorMuon(parameters, new() { LearningRate = 0.03, weight_decay = 0.2, momentum = 0.9 });
        var states = parameters.Select(p => (W: p.detach().to(float64), M: zeros(p.shape, float64),
            v: zeros(p.shape[0], 1, float64))).ToArray();
        for (var step = 0; step < 5; step++)
        {
            RandomGradients(parameters);
            optimizer.step();
            for (var i = 0; i < states.Length; i++)
            {
                var (W, M, v) = states[i];
                M = M * 0.9 + parameters[i].grad!.to(float64) * 0.1;
                var O = NewtonSchulz.Orthogonalize(M, PublishedSchedules.Muon());
                v = v * 0.95 + (O * O).mean([1], keepdim: true) * 0.05;
                var U = O / (v.sqrt() + 1e-8);
                U = U * 0.2 / (U * U).mean().sqrt();
                states[i] = (W * (1 - 0.03 * 0.2) - U * 0.03, M, v);
            }
        }
        for (var i = 0; i < states.Length; i++)
            Assert.InRange((states[i].W - parameters[i].to(float64)).abs().max().item<double>(), 0, 2e-6); // seen: 7.3e-7
    }

    [Fact]
    public void Its_own_buffer_and_option_are_saved_and_resumed()
    {
        manual_seed(2);
        Parameter[] unbroken = [new(randn(8, 12)), new(randn(5))], first = Copies(unbroken);
        using var reference = new NorMuon(unbroken, new() { beta2 = 0.8 });
        using var before = new NorMuon(first, new() { beta2 = 0.8 });
        for (var step = 0; step < 4; step++) Steps(step, (reference, unbroken), (before, first));

        using var stream = new MemoryStream();
        before.save_state_dict(new BinaryWriter(stream));
        stream.Position = 0;
        var second = Copies(first);
        using var after = new NorMuon(second);
        after.load_state_dict(new BinaryReader(stream));
        var state = (MatrixState)after.state_dict().State[0];
        Assert.Equal([8, 1], state["row_second_moment"].shape);
        for (var step = 4; step < 8; step++) Steps(step, (reference, unbroken), (after, second));
        for (var i = 0; i < unbroken.Length; i++) Assert.True(unbroken[i].Equals(second[i]));
    }

    [Fact]
    public void Two_ranks_share_its_work_and_write_the_file_of_one()
    {
        manual_seed(4);
        Parameter[] start = [new(randn(24, 40)), new(randn(12, 12)), new(randn(40, 16)), new(randn(9))];
        var gradients = start.Select(p => randn(p.shape)).ToArray();
        var folder = Directory.CreateTempSubdirectory();
        (byte[] file, byte[] weights) Run(IProcessGroup? group)
        {
            var parameters = Copies(start);
            using var optimizer = new NorMuon(parameters, process_group: group);
            foreach (var (parameter, gradient) in parameters.Zip(gradients)) parameter.grad = gradient;
            for (var step = 0; step < 5; step++) optimizer.step();
            var path = Path.Combine(folder.FullName, group is null ? "alone" : "ranks");
            optimizer.Save(path);
            return (File.ReadAllBytes(path), [.. parameters.SelectMany(p => p.detach().bytes.ToArray())]);
        }
        try
        {
            var alone = Run(null);
            foreach (var its in ThreadGroup.Run(2, Run))
            {
                Assert.Equal(alone.file, its.file);
                Assert.Equal(alone.weights, its.weights);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void An_observer_sees_momentum_and_update_of_every_matrix()
    {
        manual_seed(3);
        Parameter[] parameters = [new(randn(8, 12)), new(randn(12, 8)), new(randn(5))];
        using var optimizer = new NorMuon(parameters, new() { LearningRate = 0.1, weight_decay = 0 });
        var observer = new Recorder();
        optimizer.Observer = observer;
        var before = Copies(parameters);
        for (var step = 0; step < 2; step++)
        {
            RandomGradients(parameters);
            optimizer.step();
        }
        Assert.Equal([(8L, 1L), (12, 1), (8, 2), (12, 2)], observer.Seen.Select(seen => (seen.rows, seen.step)));
        var moved = before[0] - parameters[0].detach();
        var updates = observer.Seen.Where(seen => seen.rows == 8).Select(seen => seen.update).Aggregate((a, b) => a + b) * 0.1;
        Assert.InRange((moved - updates[0]).abs().max().item<float>(), 0, 1e-6f); // seen: 1.1e-7
    }

    private sealed class Recorder : IStepObserver
    {
        public List<(long rows, long step, Tensor update)> Seen { get; } = [];

        public void OnMatrix(MatrixPart part, long step, Tensor momentum, Tensor update)
        {
            Assert.Equal([1, part.Shape.Rows, part.Shape.Columns], momentum.shape);
            Seen.Add((part.Shape.Rows, step, update.clone().DetachFromDisposeScope()));
        }
    }

    private static void Steps(int seed, params (NorMuon optimizer, Parameter[] parameters)[] runs)
    {
        foreach (var (optimizer, parameters) in runs)
        {
            manual_seed(seed);
            RandomGradients(parameters);
            optimizer.step();
        }
    }

    private static Parameter[] Copies(Parameter[] parameters) => parameters.Select(p => new Parameter(p.detach().clone())).ToArray();

    private static void RandomGradients(Parameter[] parameters)
    {
        foreach (var parameter in parameters) parameter.grad = randn(parameter.shape);
    }
}
