using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Sign;

/// <summary>
/// RootOptimizer with any function of the singular values in the place of the iteration: U f(S / n) V^T of the base B = U S V^T,
/// with n the Schatten-8 norm that learned schedules divide by. Slow: by eigenvalues, in float64, on the CPU.
/// </summary>
/// <param name="model">As RootOptimizer takes it.</param>
/// <param name="lr">The learning rate.</param>
/// <param name="f">What becomes of a singular value in (0, 1].</param>
internal sealed class SpectralSign(nn.Module model, double lr, Func<double, double> f)
    : RootOptimizer(model, lr, new Options { learn_coefficients = false, ns_steps = 4 })
{
    protected override Tensor Orthogonalize(Tensor B, NewtonSchulzSchedule schedule, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var wide = B.shape[1] <= B.shape[2] ? B : B.mT;
        var X = wide.to(ScalarType.Float64);
        var (squares, U) = linalg.eigh(X.bmm(X.mT));
        var s = squares.clamp_min(0).sqrt();
        var n = s.pow(8).sum(-1, keepdim: true).pow(0.125).clamp_min(1e-30);
        var factors = tensor((s / n).data<double>().Select(f).ToArray(), s.shape[0], s.shape[1]) / s.clamp_min(1e-30);
        // Where rounding has left nothing of a value, so has the function.
        factors = factors.masked_fill(s / n < 1e-7, 0);
        var sign = (U * factors.unsqueeze(-2)).bmm(U.mT).bmm(X).to(B.dtype);
        return (ReferenceEquals(wide, B) ? sign : sign.mT).MoveToOuterDisposeScope();
    }
}
