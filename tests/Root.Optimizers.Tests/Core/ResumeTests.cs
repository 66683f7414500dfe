using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.optim.lr_scheduler;

namespace Root.Optimizers.Tests.Core;

/// <summary>
/// A run that is saved after any of its steps and loaded into a new optimizer goes on bit for bit as the one that was not: every
/// optimizer, a scheduler of rates and momenta, groups, equal matrices in one batch, parts, 16-bit weights with their masters, a weight
/// that joins late and one that skips steps.
/// </summary>
public class ResumeTests
{
    private const int Steps = 20;

    private static LRScheduler Scheduler(MatrixOptimizer optimizer) =>
        CyclicLR(optimizer, 0.001, 0.05, step_size_up: 3, base_momentum: 0.8, max_momentum: 0.9);

    private static void Step(Parameter[] parameters, MatrixOptimizer optimizer, LRScheduler scheduler, int step)
    {
        random.manual_seed(step);
        MixedModel.Gradients(parameters, step);
        optimizer.step();
        scheduler.step();
    }

    private static Tensor[] Values(Parameter[] parameters) => [.. parameters.Select(p => p.detach().clone())];

    [Theory, MemberData(nameof(MixedModel.Kinds), MemberType = typeof(MixedModel)), Slow]
    public void A_run_saved_after_any_step_goes_on_bit_for_bit(string kind)
    {
        using var scope = NewDisposeScope();
        var (unbroken, reference) = MixedModel.Make(kind);
        var scheduler = Scheduler(reference);
        var path = Path.GetTempFileName();
        var files = new List<(Tensor[] values, byte[] state)>();
        for (var step = 0; step < Steps; step++)
        {
            reference.Save(path);
            files.Add((Values(unbroken), File.ReadAllBytes(path)));
            Step(unbroken, reference, scheduler, step);
        }
        var ends = Saving.FileBytes(reference);
        for (var at = 0; at < Steps; at++)
        {
            using var inner = NewDisposeScope();
            var (parameters, optimizer) = MixedModel.Make(kind, files[at].values);
            File.WriteAllBytes(path, files[at].state);
            var goesOn = optimizer.LoadWithScheduler(path, () => Scheduler(optimizer), at);
            for (var step = at; step < Steps; step++) Step(parameters, optimizer, goesOn, step);
            foreach (var (expected, actual) in unbroken.Zip(parameters)) Close.Exactly(expected.detach(), actual.detach());
            Assert.Equal(ends, Saving.FileBytes(optimizer));
            optimizer.Dispose();
        }
        File.Delete(path);
        reference.Dispose();
    }
}
