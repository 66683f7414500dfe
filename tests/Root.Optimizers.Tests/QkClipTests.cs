using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests;

public class QkClipTests
{
    [Fact]
    public void Logits_beyond_the_threshold_come_back_to_it()
    {
        random.manual_seed(1);
        var (heads, size, width) = (3, 4, 10);
        var fused = new Parameter((randn(3 * heads * size, width, dtype: float64) * tensor(3.0)).OnDevice());
        var x = randn(7, width, dtype: float64).OnDevice();
        var before = fused.detach().clone();
        Tensor Rows(int part) => fused.detach().narrow(0, part * heads * size, heads * size);
        Tensor Logits()
        {
            var (q, k) = (x.matmul(Rows(0).T).view(7, heads, size), x.matmul(Rows(1).T).view(7, heads, size));
            return einsum("ihd,jhd->hij", q, k).amax([1, 2]);
        }
        var was = Logits();
        var tau = was.sort().Values[1].item<double>() * 0.99; // two heads are above
        var gamma = QkClip.Apply(Rows(0), Rows(1), was, tau);
        Close.To(was.clamp_max(tau), Logits(), 1e-10); // observed 5.7e-14
        Close.To(tau / was.clamp_min(tau), gamma, 1e-15); // observed 1.1e-16
        Close.Exactly(before.narrow(0, 2 * heads * size, heads * size), Rows(2));
        var calm = was.argmin().item<long>();
        Close.Exactly(before.narrow(0, calm * size, size), Rows(0).narrow(0, calm * size, size));
    }

    [Fact]
    public void Heads_that_share_keys_are_scaled_alike()
    {
        var (query, key, bias) = (ones(8, 3).OnDevice(), ones(4, 3).OnDevice(), ones(8).OnDevice());
        QkClip.Apply(query, key, tensor([50f, 400f, 10f, 20f]).OnDevice(), tau: 100, keyHeads: 2);
        QkClip.Apply(bias, ones(4).OnDevice(), tensor([50f, 400f, 10f, 20f]).OnDevice(), tau: 100, keyHeads: 2);
        Close.To(tensor([0.5f, 0.5f, 0.5f, 0.5f, 1, 1, 1, 1]), query[.., 0], 0);
        Close.To(tensor([0.5f, 0.5f, 1, 1]), key[.., 0], 0);
        Close.To(query[.., 0], bias, 0);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Calm_heads_and_those_without_a_number_keep_their_weights_bit_for_bit(ScalarType type)
    {
        random.manual_seed(2);
        foreach (var tau in (double[])[41, 61, 75, 83, 100])
        {
            double[] logits = [tau, tau - 0.5, -3, double.NaN, double.PositiveInfinity, 4 * tau];
            var (query, key) = (randn(12, 3).to(type).OnDevice(), randn(12, 3).to(type).OnDevice());
            var (queryBefore, keyBefore) = (query.clone(), key.clone());
            var gamma = QkClip.Apply(query, key, tensor(logits).to(type).OnDevice(), tau);
            Assert.Equal(type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32, gamma.dtype);
            Close.To(tensor([1, 1, 1, 1, 1, 0.25]), gamma, 0);
            foreach (var (before, after) in ((Tensor, Tensor)[])[(queryBefore, query), (keyBefore, key)])
            {
                Close.Exactly(before[..10], after[..10]);
                Close.Exactly(before[10..] * 0.5, after[10..]);
            }
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var logits = zeros(3).OnDevice();
        Assert.Throws<ArgumentException>(() => QkClip.Apply(ones(8, 2).OnDevice(), ones(6, 2).OnDevice(), logits));
        Assert.Throws<ArgumentException>(() => QkClip.Apply(ones(6, 2).OnDevice(), ones(6, 2).OnDevice(), logits, keyHeads: 2));
        Assert.Throws<ArgumentException>(() => QkClip.Apply(ones(6, 2).OnDevice(), ones(6, 2).OnDevice(), logits, tau: 0));
    }
}
