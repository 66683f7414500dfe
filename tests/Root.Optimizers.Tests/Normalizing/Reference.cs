using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Normalizing;

/// <summary>Muon in float64 by singular value decompositions, with whatever is to come before and after the sign.</summary>
internal static class Reference
{
    public const double Lr = 0.03, Decay = 0.2;

    /// <summary>What Muon makes of its momentum.</summary>
    public static Tensor Sign(Tensor M)
    {
        var (U, S, Vh) = linalg.svd(M, fullMatrices: false);
        S = S / S.square().sum().sqrt().clamp_min(1e-300);
        foreach (var (a, b, c) in PublishedSchedules.Muon()) S = S * a + S.pow(3) * b + S.pow(5) * c;
        return U.matmul(diag(S)).matmul(Vh);
    }

    /// <summary>Steps an optimizer and the reference along the same random gradients; the largest difference of the weights.</summary>
    /// <param name="options">Of Muon; learning rate, decay, momentum 0.9 and factor 1 are set here.</param>
    /// <param name="next">The reference's weight, from the weight, the momentum and the factor 1 - lr decay.</param>
    public static double Difference(Muon.Options options, long rows, long columns, Func<Tensor, Tensor, Tensor> next)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(11);
        var parameter = new Parameter(randn(rows, columns, dtype: float64).OnDevice());
        var (expected, M) = (parameter.detach().cpu().clone(), zeros(rows, columns, dtype: float64));
        (options.LearningRate, options.weight_decay, options.momentum) = (Lr, Decay, 0.9);
        (options.nesterov, options.lr_scale) = (false, LrScale.None);
        using var optimizer = new Muon([parameter], options);
        for (var step = 0; step < 5; step++)
        {
            // Rows and columns of unequal sizes.
            var G = randn(rows, columns, dtype: float64) * randn(rows, 1, dtype: float64).exp() * randn(1, columns, dtype: float64).exp();
            Models.Gradient(parameter, G);
            optimizer.step();
            M = M * 0.9 + G * 0.1;
            expected = next(expected, M);
        }
        return Close.Difference(expected, parameter.detach());
    }
}
