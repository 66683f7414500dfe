using static TorchSharp.torch;

namespace CharGpt;

/// <summary>Heavy-tailed noise: entries of every gradient, at random places, are multiplied.</summary>
public static class GradientNoise
{
    /// <summary>What to call before each update, with the step's number.</summary>
    /// <param name="seed">Other places with another seed, so that the spread over seeds holds theirs too.</param>
    /// <param name="share">Of the entries.</param>
    /// <param name="factor">By what.</param>
    public static Action<int> Over(Gpt model, int seed, double share, double factor) => step =>
    {
        using var random = new Generator((ulong)(seed * 1_000_003L + step), CPU);
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var parameter in model.parameters())
        {
            if (parameter.grad is { } gradient)
            {
                var places = rand(gradient.shape, generator: random).lt(share);
                gradient.mul_(places.to(gradient.dtype, gradient.device).mul_(factor - 1).add_(1));
            }
        }
    };
}
