using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.optim.lr_scheduler;

namespace Root.Optimizers.Tests.Core;

/// <summary>A run with a scheduler, saved at any step, goes on as if it had not been, whichever optimizer it has.</summary>
public class ResumeSchedulerTests
{
    private static readonly Dictionary<string, Func<OptimizerHelper, LRScheduler>> Schedulers = new()
    {
        ["StepLR"] = o => StepLR(o, 3, 0.5),
        ["LambdaLR"] = o => LambdaLR(o, step => 1 / (1.0 + step)),
        ["ExponentialLR"] = o => ExponentialLR(o, 0.9),
        ["CosineAnnealingLR"] = o => CosineAnnealingLR(o, 12),
        ["OneCycleLR"] = o => OneCycleLR(o, 0.1, total_steps: 20),
        ["CyclicLR"] = o => CyclicLR(o, 0.001, 0.1, step_size_up: 3, base_momentum: 0.8, max_momentum: 0.9),
    };

    public static TheoryData<string, int> Cases => [.. from name in Schedulers.Keys from at in new[] { 0, 1, 4, 9, 13 } select (name, at)];

    [Theory, MemberData(nameof(Cases))]
    public void It_goes_on_bit_for_bit(string name, int at) => AssertGoesOn(name, at,
        parameters => new RootOptimizer(
            [new(parameters[..1]), new(parameters[1..], new() { LearningRate = 0.01, momentum = 0.7 })], lr: 0.02),
        (optimizer, path) => optimizer.Save(path),
        (optimizer, path) => optimizer.LoadWithScheduler(path, () => Schedulers[name](optimizer), at));

    [Theory, MemberData(nameof(Cases))]
    public void SGD_of_TorchSharps_goes_on_bit_for_bit(string name, int at) => AssertTorchSharpsOwn(name, at, parameters => optim.SGD(
        (SGD.ParamGroup[])[new(parameters[..1]), new(parameters[1..], new() { LearningRate = 0.01, momentum = 0.7 })], 0.02, 0.9));

    // It has no momentum that CyclicLR could cycle.
    public static TheoryData<string, int> CasesOfAdamW => [.. Cases.Where(c => c.Data.Item1 != "CyclicLR").Select(c => c.Data)];

    [Theory, MemberData(nameof(CasesOfAdamW))]
    public void AdamW_of_TorchSharps_goes_on_bit_for_bit(string name, int at) => AssertTorchSharpsOwn(name, at, parameters => optim.AdamW(
        (AdamW.ParamGroup[])[new(parameters[..1]), new(parameters[1..], new() { LearningRate = 0.01, beta1 = 0.7 })], 0.02));

    [Fact]
    public void A_negative_number_of_steps_is_refused_before_anything_is_called() => Assert.Throws<ArgumentException>("steps",
        () => ResumeScheduler.At<LRScheduler>(-1, () => throw new InvalidOperationException(), () => { }));

    private static void AssertTorchSharpsOwn(string name, int at, Func<Parameter[], OptimizerHelper> make) => AssertGoesOn(
        name, at, make,
        (optimizer, path) => optimizer.save_state_dict(path),
        (optimizer, path) => ResumeScheduler.At(at, () => Schedulers[name](optimizer), () => optimizer.load_state_dict(path)));

    private static void AssertGoesOn<T>(string name, int at, Func<Parameter[], T> make, Action<T, string> save,
        Func<T, string, LRScheduler> resume) where T : OptimizerHelper
    {
        static Parameter[] Fresh()
        {
            random.manual_seed(1);
            return [Models.Parameter(6, 4), Models.Parameter(5)];
        }
        static void Step(T optimizer, LRScheduler scheduler, int step)
        {
            random.manual_seed(step);
            Models.RandomGradients(optimizer.parameters());
            optimizer.step();
            scheduler.step();
        }
        var (unbroken, first) = (Fresh(), Fresh());
        using var reference = make(unbroken);
        var scheduler = Schedulers[name](reference);
        using var before = make(first);
        var its = Schedulers[name](before);
        for (var step = 0; step < at; step++) { Step(reference, scheduler, step); Step(before, its, step); }

        var path = Path.GetTempFileName();
        save(before, path);
        var resumed = first.Select(p => new Parameter(p.detach().clone())).ToArray();
        using var after = make(resumed);
        var goesOn = resume(after, path);
        File.Delete(path);
        for (var step = at; step < 18; step++)
        {
            Step(reference, scheduler, step);
            Step(after, goesOn, step);
            Assert.Equal(reference.ParamGroups.Select(g => g.LearningRate), after.ParamGroups.Select(g => g.LearningRate));
        }
        foreach (var (expected, actual) in unbroken.Zip(resumed)) Close.Exactly(expected.detach(), actual.detach());
    }
}
