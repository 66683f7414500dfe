using CharGpt;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Samples.Tests;

/// <summary>How CharGpt's gradients are disturbed, and shown.</summary>
public class GradientFigureTests
{
    [Fact]
    public void Quantiles_of_normal_entries_are_on_the_diagonal_and_those_of_heavy_tails_leave_it()
    {
        manual_seed(1);
        using var normal = randn(100, 100) * 3;
        var quantiles = new GradientPlot("", normal).Quantiles();
        // Observed: 0.044.
        Assert.All(quantiles.Where(q => Math.Abs(q.Normal) < 2.5), q => Assert.InRange(q.Own - q.Normal, -0.1, 0.1));
        Assert.InRange(quantiles[^1].Normal, 3.8, 3.9); // 1 - 1/20000: 3.89

        using var heavy = randn(100, 100).pow(3);
        Assert.True(new GradientPlot("", heavy).Quantiles()[^1].Own > 8);
    }

    [Fact]
    public void Noise_multiplies_a_share_of_the_entries_the_same_at_every_call_of_a_step()
    {
        var options = new GptOptions { Layers = 1, Width = 32, Heads = 2, Context = 8 };
        manual_seed(1);
        using var model = new Gpt(options);
        var noise = GradientNoise.Over(model, seed: 3, share: 0.1, factor: 100);
        double[] Noisy(int step)
        {
            foreach (var parameter in model.parameters())
            {
                parameter.grad = ones_like(parameter);
            }

            noise(step);
            return [.. model.parameters().SelectMany(parameter => parameter.grad!.to(float64).reshape(-1).data<double>().ToArray())];
        }

        var entries = Noisy(7);
        Assert.All(entries, entry => Assert.True(entry is 1 or 100));
        Assert.InRange(entries.Average(entry => entry == 100 ? 1 : 0), 0.095, 0.105); // of 29,000 entries
        Assert.Equal(entries, Noisy(7));
        Assert.NotEqual(entries, Noisy(8));
    }
}
