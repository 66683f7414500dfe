using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

public class SavedStateTests
{
    private static RootOptimizer TwoGroups(IReadOnlyList<Parameter> p, double lr = 0.02) => new([
        new RootOptimizer.ParamGroup(p.Take(2), new() { momentum = 0.8 }),
        new RootOptimizer.ParamGroup(p.Skip(2), new() { weight_decay = 0.3, fallback_weight_decay = 0 })], lr: lr);

    private static Parameter[] Parameters()
    {
        random.manual_seed(11);
        return [Models.Parameter(6, 9), Models.Parameter(5), Models.Parameter(6, 9), Models.Parameter(3, 2, 2, 2), Models.Parameter(4)];
    }

    private static void Step(RootOptimizer optimizer, int seed)
    {
        random.manual_seed(seed);
        Models.RandomGradients(optimizer.parameters());
        optimizer.step();
    }

    [Theory]
    [InlineData("file")]
    [InlineData("stream")]
    [InlineData("dictionary")]
    public void Resuming_gives_the_unbroken_run_bit_for_bit(string way)
    {
        var (unbroken, first) = (Parameters(), Parameters());
        using var reference = TwoGroups(unbroken);
        using var before = TwoGroups(first);
        for (var step = 0; step < 5; step++) { Step(reference, step); Step(before, step); }
        foreach (var optimizer in new[] { reference, before })
            foreach (var group in optimizer.ParamGroups) group.LearningRate = 0.007;

        var resumed = first.Select(p => new Parameter(p.detach().clone())).ToArray();
        using var after = TwoGroups(resumed, lr: 0.5);
        var path = Path.GetTempFileName();
        using (NewDisposeScope()) // what is loaded outlives the scope it is loaded in
        {
            if (way == "file") { before.save_state_dict(path); after.load_state_dict(path); }
            else if (way == "stream") Saving.Load(after, Saving.Bytes(before));
            else after.load_state_dict(before.state_dict());
        }
        File.Delete(path);

        for (var step = 5; step < 10; step++) { Step(reference, step); Step(after, step); }
        for (var i = 0; i < unbroken.Length; i++) Close.Exactly(unbroken[i].detach(), resumed[i].detach());
    }

    [Fact, Slow]
    public void A_truncated_or_damaged_file_changes_nothing()
    {
        using var source = TwoGroups(Parameters());
        for (var step = 0; step < 3; step++) Step(source, step);
        var bytes = Saving.Bytes(source);

        using var target = TwoGroups(Parameters(), lr: 0.5);
        Step(target, 7);
        var before = Saving.Bytes(target);
        for (var length = 0; length < bytes.Length; length += 37)
        {
            var error = Record.Exception(() => Saving.Load(target, bytes[..length]));
            Assert.True(error is InvalidDataException or EndOfStreamException, $"at {length} bytes: {error}");
            Assert.Equal(before, Saving.Bytes(target));
        }
    }

    [Fact]
    public void A_file_of_another_optimizer_or_other_shapes_changes_nothing()
    {
        using var target = TwoGroups(Parameters(), lr: 0.5);
        Step(target, 7);
        var before = Saving.Bytes(target);
        void Refused<T>(byte[] bytes) where T : Exception
        {
            Assert.Throws<T>(() => Saving.Load(target, bytes));
            Assert.Equal(before, Saving.Bytes(target));
        }

        Refused<InvalidDataException>(Saving.Bytes(optim.AdamW(Parameters())));
        var wider = Parameters();
        wider[2] = Models.Parameter(6, 10);
        using var other = TwoGroups(wider);
        Step(other, 1);
        Refused<InvalidDataException>(Saving.Bytes(other));
        Assert.Throws<ArgumentException>(() => target.load_state_dict(other.state_dict()));
        Assert.Equal(before, Saving.Bytes(target));
        using var fewer = new RootOptimizer(Parameters());
        Refused<ArgumentException>(Saving.Bytes(fewer));
        var routed = Parameters();
        using var rerouted = new RootOptimizer([
            new RootOptimizer.ParamGroup(routed.Take(2), new() { route = _ => Route.AdamW }),
                new RootOptimizer.ParamGroup(routed.Skip(2))]);
        Refused<InvalidDataException>(Saving.Bytes(rerouted));
        Assert.Throws<ArgumentException>(() => target.load_state_dict(rerouted.state_dict()));
        Assert.Equal(before, Saving.Bytes(target));
    }

    [Fact]
    public void States_compare()
    {
        using var a = TwoGroups(Parameters());
        using var b = TwoGroups(Parameters());
        Step(a, 1);
        bool Equal() => a.state_dict().State.Zip(b.state_dict().State).All(pair => pair.First.ApproximatelyEquals(pair.Second));
        Assert.False(Equal());
        Step(b, 1);
        Assert.True(Equal());
    }
}
