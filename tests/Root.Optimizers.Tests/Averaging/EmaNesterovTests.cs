using Root.Optimizers.Core;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Averaging;

public class EmaNesterovTests
{
    [Fact]
    public void Gradients_are_taken_ahead_and_steps_made_from_there()
    {
        random.manual_seed(1);
        var parameter = Models.Parameter(ScalarType.Float64, 4, 6);
        var target = randn(4, 6, dtype: float64).OnDevice();
        var (W, d) = (parameter.detach().clone(), zeros_like(target));
        using var inner = optim.SGD([parameter], 0.1);
        using var ahead = new EmaNesterov(inner, strength: 0.5, decay: 0.8, first: 2, last: 9);
        var scheduler = optim.lr_scheduler.LambdaLR(inner, step => 1.0 / (1 + step));
        for (var step = 0; step < 12; step++)
        {
            ahead.LookAhead();
            inner.zero_grad();
            (parameter - target).square().sum().backward();
            ahead.step();
            scheduler.step();

            var share = 1.0 / (1 + step);
            var there = W + (step is >= 2 and < 9 ? d * (0.5 * share) : zeros_like(d));
            var next = there - (there - target) * 2 * (0.1 * share);
            d = d * 0.8 + (next - W) * 0.2;
            W = next;
            Close.To(W, parameter.detach(), 1e-13, $"step {step}"); // observed 4.4e-16 at the first
        }
        Close.To(d, ahead.Directions[0], 1e-13); // observed 2.8e-17
        Assert.Equal(12, ahead.Steps);
    }

    [Fact]
    public void Around_RootOptimizer_a_closure_sees_the_look_ahead_and_a_resumed_run_goes_on()
    {
        random.manual_seed(2);
        var start = randn(6, 8);
        var unbroken = Unbroken(new Parameter(start.clone().OnDevice()), 6);
        var parameter = new Parameter(start.clone().OnDevice());
        using var optimizer = new RootOptimizer([parameter], lr: 0.02);
        using var first = new EmaNesterov(optimizer);
        for (var step = 0; step < 3; step++) Step(first, parameter, optimizer);
        using var second = new EmaNesterov(optimizer) { Steps = first.Steps };
        second.Directions[0].copy_(first.Directions[0]);
        for (var step = 3; step < 6; step++) Step(second, parameter, optimizer);
        Close.Exactly(unbroken, parameter.detach());
    }

    [Fact]
    public void OneCycleLR_looks_ahead_by_the_share_of_its_peak_also_when_it_is_resumed()
    {
        var parameter = new Parameter(zeros(2, dtype: float64).OnDevice());
        using var inner = optim.SGD([parameter], 0.1, momentum: 0.9);
        var scheduler = optim.lr_scheduler.OneCycleLR(inner, max_lr: 1, total_steps: 20);
        var group = inner.ParamGroups.First();
        var ahead = new EmaNesterov(inner, strength: 0.6);
        double largest = 0.1, least = 1;
        for (var step = 0; step < 20; step++)
        {
            if (step == 12)
            {
                var resumed = new EmaNesterov(inner, strength: 0.6) { Steps = ahead.Steps, LargestRates = ahead.LargestRates };
                ahead.Dispose();
                ahead = resumed;
            }
            ahead.Directions[0].fill_(1);
            ahead.LookAhead();
            largest = Math.Max(largest, group.LearningRate);
            var b = parameter[0].item<double>();
            Assert.Equal(0.6 * (group.LearningRate / largest), b);
            least = Math.Min(least, b);
            parameter.grad = zeros_like(parameter);
            ahead.step();
            parameter.detach().zero_();
            scheduler.step();
        }
        ahead.Dispose();
        Assert.InRange(least, 0, 0.1);
        Assert.Equal(1, largest, 1e-12);
    }

    [Fact]
    public void Of_16_bits_what_is_less_than_half_a_unit_is_dropped_and_the_master_of_what_moves_begins_there()
    {
        var start = tensor([1, 1.5f, 1, 1.5f]).view(2, 2);
        var parameter = new Parameter(start.to(bfloat16).OnDevice());
        using var optimizer = new Muon([("w", parameter)], lr: 1e-3, new() { momentum = 0, weight_decay = 1 });
        using var ahead = new EmaNesterov(optimizer, strength: 1);
        Tensor Master() => ((MatrixSlot)optimizer.Slots.Single()).State["master"];
        void Step()
        {
            Models.Gradient(parameter, zeros(2, 2)); // nothing but decay
            ahead.step();
        }
        ahead.LookAhead();
        Step();
        var master = Master().clone();
        Assert.NotEqual(0, Close.Difference(master, parameter.detach()));
        var (before, unit) = (parameter.detach().clone(), Math.Pow(2, -7));
        ahead.Directions[0].copy_(tensor([unit / 5, unit / 5, 2 * unit, 2 * unit]).view(2, 2));
        ahead.LookAhead();
        var there = parameter.detach().clone();
        Close.Exactly(before[0], there[0]);
        Close.To(before[1].to(float32) + 2 * unit, there[1], 0);
        Step();
        Close.To(cat([master[..1], there[1..].to(float32)]) * (1 - 1e-3), Master(), 1e-7); // observed 0
    }

    [Fact]
    public void What_is_resumed_is_checked()
    {
        using var optimizer = optim.SGD([Models.Parameter(2)], 0.1);
        using var ahead = new EmaNesterov(optimizer);
        Assert.Contains("Steps", Assert.Throws<ArgumentException>(() => ahead.Steps = -1).Message);
        Assert.Throws<ArgumentException>(() => ahead.LargestRates = []);
        Assert.Contains("LargestRates", Assert.Throws<ArgumentException>(() => ahead.LargestRates = [double.NaN]).Message);
        Assert.Equal([0.1], ahead.LargestRates);
    }

    [Fact]
    public void A_step_that_is_refused_leaves_the_weights_where_they_were()
    {
        random.manual_seed(3);
        var parameter = Models.Parameter(6, 8);
        using var optimizer = new RootOptimizer([parameter], lr: 0.02);
        using var ahead = new EmaNesterov(optimizer, strength: 5);
        for (var step = 0; step < 3; step++) Step(ahead, parameter, optimizer);
        var before = parameter.detach().clone();
        ahead.LookAhead();
        Assert.NotEqual(0, Close.Difference(before, parameter.detach()));
        Assert.Throws<InvalidOperationException>(ahead.LookAhead);
        optimizer.ParamGroups.First().LearningRate = -1;
        Assert.Throws<ArgumentException>(() => ahead.step());
        Close.Exactly(before, parameter.detach());
        Assert.Throws<InvalidOperationException>(() => ahead.step());

        ahead.LookAhead();
        ahead.Dispose();
        Close.Exactly(before, parameter.detach());
    }

    [Fact]
    public void It_leaks_nothing()
    {
        var parameter = Models.Parameter(6, 8);
        using var optimizer = optim.SGD([parameter], 0.1);
        using var ahead = new EmaNesterov(optimizer);
        long Count()
        {
            using var scope = NewDisposeScope();
            for (var step = 0; step < 10; step++) Step(ahead, parameter, optimizer);
            scope.DisposeEverything();
            return LiveTensors.Count;
        }
        Assert.Equal(Count(), Count());
    }

    private static Tensor Unbroken(Parameter parameter, int steps)
    {
        using var optimizer = new RootOptimizer([parameter], lr: 0.02);
        using var ahead = new EmaNesterov(optimizer);
        for (var step = 0; step < steps; step++) Step(ahead, parameter, optimizer);
        return parameter.detach().clone();
    }

    private static void Step(EmaNesterov ahead, Parameter parameter, optim.Optimizer optimizer) => ahead.step(() =>
    {
        optimizer.zero_grad();
        var loss = (parameter - 1).pow(4).sum();
        loss.backward();
        return loss;
    });
}
