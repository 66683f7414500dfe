using Root.Optimizers.Core;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Normalizing;

public class RadialBrakeTests
{
    [Fact]
    public void It_halves_growth_and_leaves_shrinking()
    {
        var (grew, shrank) = (0, 0);
        var difference = Reference.Difference(new() { radial_brake = true }, 10, 24, (W, M) =>
        {
            W = W * (1 - Reference.Lr * Reference.Decay);
            var next = W - Reference.Sign(M) * Reference.Lr;
            var (before, after) = (W.norm().item<double>(), next.norm().item<double>());
            if (after > before) grew++;
            else shrank++;
            return next * ((after > before ? (before + after) / 2 : after) / after);
        });
        Assert.InRange(difference, 0, 1e-12); // observed 4.4e-16
        Assert.True(grew > 0 && shrank > 0, $"{grew} {shrank}");
    }

    [Fact]
    public void A_matrix_that_is_0_stays_so_without_gradient_and_takes_half_of_its_first_step()
    {
        random.manual_seed(9);
        var weight = new Parameter(zeros(4, 6).OnDevice());
        var free = new Parameter(zeros(4, 6).OnDevice());
        using var braked = new Muon([weight], lr: 0.02, new() { radial_brake = true });
        using var other = new Muon([free], lr: 0.02);
        weight.grad = zeros_like(weight);
        braked.step();
        Close.To(zeros(4, 6), weight.detach(), 0);

        foreach (var parameter in (Parameter[])[weight, free]) Models.Gradient(parameter, ones(4, 6).tril());
        braked.step();
        other.step();
        Close.Exactly(free.detach() / 2, weight.detach());
    }

    [Theory, InlineData(false), InlineData(true)]
    public void An_observer_sees_U_of_a_free_step_and_the_old_weight_less_the_new_one_of_a_braked_one(bool braked)
    {
        random.manual_seed(10);
        var parameter = Models.Parameter(4, 6);
        var before = parameter.detach().clone();
        using var optimizer = new Muon([parameter], lr: 0.02, new() { radial_brake = braked });
        var observer = new Updates();
        optimizer.Observer = observer;
        Models.RandomGradients([parameter]);
        optimizer.step();
        var moved = before - parameter.detach();
        if (!braked) Assert.InRange(observer.Last!.norm().item<float>(), 1.5, 2.5); // four singular values of about 1
        else Close.To(moved, observer.Last![0], 1e-7); // observed 0
    }

    private sealed class Updates : IStepObserver
    {
        public Tensor? Last { get; private set; }

        public void OnMatrix(MatrixPart part, long step, Tensor momentum, Tensor update) =>
            Last = update.clone().DetachFromDisposeScope();
    }
}
