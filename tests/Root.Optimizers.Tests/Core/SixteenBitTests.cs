using Root.Optimizers.Core;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>Parameters of 16 bits are stepped in float32.</summary>
public class SixteenBitTests
{
    public static TheoryData<ScalarType> Types => [ScalarType.Float16, ScalarType.BFloat16];

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1e-4, 0.97)]
    public void Fallback_moments_do_not_underflow_in_float16(double gradient, double right)
    {
        var bias = new Parameter(ones(3).to(float16).OnDevice());
        using var optimizer = new Muon([("bias", bias)], lr: 1e-2, new() { weight_decay = 0 });
        for (var step = 0; step < 3; step++)
        {
            Models.Gradient(bias, full(3, gradient));
            optimizer.step();
        }
        Assert.Equal(right, bias[0].to(float32).item<float>(), 1e-3); // observed 2e-4: half a unit of float16
    }

    [Fact]
    public void Momentum_of_large_gradients_does_not_overflow_in_float16()
    {
        var weight = Models.Parameter(ScalarType.Float16, 6, 9);
        using var optimizer = new RootOptimizer([weight], lr: 1e-3);
        for (var step = 0; step < 60; step++)
        {
            Models.Gradient(weight, ones(6, 9) * 4000);
            optimizer.step();
        }
        Assert.True(weight.isfinite().all().item<bool>());
    }

    [Theory, Slow]
    [InlineData(true, 0.607)]
    [InlineData(false, 1)] // 1 - 1e-4 is 1 in bfloat16: the documented cost
    public void Decay_acts_through_float32_masters(bool masters, double right)
    {
        var weight = new Parameter(ones(8, 8).to(bfloat16).OnDevice());
        using var optimizer = new RootOptimizer([("w", weight)], new RootOptimizer.Options { master_weights = masters });
        for (var step = 0; step < 5000; step++)
        {
            Models.Gradient(weight, zeros(8, 8));
            optimizer.step();
        }
        Assert.Equal(right, weight[0, 0].to(float32).item<float>(), 2e-3); // observed 5e-4: half a unit of bfloat16
    }

    [Theory, MemberData(nameof(Types))]
    public void With_masters_a_run_is_the_rounding_of_the_float32_run(ScalarType type)
    {
        Parameter[] Fresh(ScalarType dtype)
        {
            random.manual_seed(1);
            return [.. new[] { new[] { 8L, 12 }, [12, 8], [5] }.Select(shape => new Parameter(randn(shape).to(type).to(dtype).OnDevice()))];
        }
        var (narrow, wide) = (Fresh(type), Fresh(float32));
        using var ours = new RootOptimizer(narrow, new RootOptimizer.Options { LearningRate = 1e-3, precision = Precision.Float32 });
        using var reference = new RootOptimizer(wide, new RootOptimizer.Options { LearningRate = 1e-3, precision = Precision.Float32 });
        for (var step = 0; step < 50; step++)
        {
            Models.RandomGradients(narrow);
            foreach (var (mine, other) in narrow.Zip(wide)) other.grad = mine.grad!.to(float32);
            ours.step();
            reference.step();
        }
        foreach (var (mine, other) in narrow.Zip(wide)) Close.Exactly(other.detach().to(type), mine.detach());
    }

    [Theory, MemberData(nameof(Types))]
    public void Weights_that_somebody_else_sets_are_stepped_from_there(ScalarType type)
    {
        var (weight, bias) = (Models.Parameter(type, 6, 4), Models.Parameter(type, 5));
        using var optimizer = new Muon([weight, bias], lr: 1e-3);
        Models.RandomGradients([weight, bias]);
        optimizer.step();
        using (no_grad()) { weight.fill_(3); bias.fill_(3); }
        optimizer.step();
        foreach (var parameter in new[] { weight, bias }) Close.To(full_like(parameter, 3), parameter.detach(), 0.02);
    }

    [Fact]
    public void Masters_and_moments_are_saved_and_resumed()
    {
        Parameter[] Fresh()
        {
            random.manual_seed(1);
            return [Models.Parameter(ScalarType.BFloat16, 6, 4), Models.Parameter(ScalarType.BFloat16, 5)];
        }
        var (unbroken, first) = (Fresh(), Fresh());
        using var reference = new RootOptimizer(unbroken, lr: 1e-4);
        using var before = new RootOptimizer(first, lr: 1e-4);
        void Step(int seed, RootOptimizer optimizer)
        {
            random.manual_seed(seed);
            Models.RandomGradients(optimizer.parameters());
            optimizer.step();
        }
        for (var step = 0; step < 5; step++) { Step(step, reference); Step(step, before); }
        var resumed = first.Select(p => new Parameter(p.detach().clone())).ToArray();
        using var after = new RootOptimizer(resumed, lr: 1e-4);
        Saving.Load(after, Saving.Bytes(before));
        for (var step = 5; step < 40; step++) { Step(step, reference); Step(step, after); }
        for (var i = 0; i < 2; i++) Close.Exactly(unbroken[i].detach(), resumed[i].detach());
    }

    [Fact]
    public void Momentum_in_bfloat16_is_summed_in_float32_and_rounded_once_a_step()
    {
        random.manual_seed(5);
        var parameters = new[] { Models.Parameter(6, 9), Models.Parameter(6, 9), Models.Parameter(ScalarType.BFloat16, 4, 7) };
        RootOptimizer Make(Parameter[] of) => new(of, new RootOptimizer.Options { state_precision = Precision.BFloat16 });
        using var optimizer = Make(parameters);
        Tensor Momentum(MatrixOptimizer of, int i) => ((MatrixSlot)of.Slots.ElementAt(i)).State.momentum_buffer;
        var expected = parameters.Select(p => zeros(p.shape).to(ScalarType.BFloat16)).ToArray();
        for (var step = 0; step < 10; step++)
        {
            Models.RandomGradients(parameters);
            if (step == 5) parameters[1].grad = null;
            optimizer.step();
            for (var i = 0; i < parameters.Length; i++)
                if (parameters[i].grad is { } grad)
                    expected[i] = (expected[i].to(ScalarType.Float32) * 0.95f + grad.to(ScalarType.Float32)).to(ScalarType.BFloat16);
        }
        for (var i = 0; i < parameters.Length; i++) Close.Exactly(expected[i], Momentum(optimizer, i));

        var resumed = parameters.Select(p => new Parameter(p.detach().clone())).ToArray();
        using var other = Make(resumed);
        Saving.LoadFile(other, Saving.FileBytes(optimizer));
        Models.RandomGradients(parameters);
        foreach (var (from, to) in parameters.Zip(resumed)) to.grad = from.grad;
        optimizer.step();
        other.step();
        foreach (var (one, two) in parameters.Zip(resumed)) Close.Exactly(one.detach(), two.detach());
    }
}
