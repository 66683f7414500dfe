using Root.Optimizers.Benchmarks.Coefficients;
using Root.Optimizers.Benchmarks.Orthogonalize;
using Root.Optimizers.Outliers;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Step;

/// <summary>The gradients of the steps that are timed. They stay the same, so that momentum is a multiple of them.</summary>
internal static class Gradients
{
    public static Tensor Gaussian(long rows, long columns, Device device) => randn(rows, columns, device: device);

    /// <summary>A matrix with the singular values of a training's clipped momentum, which it keeps when ROOT clips it.</summary>
    /// <remarks>
    /// With random singular vectors its entries would be near Gaussian. Clipping them at their 0.9 quantile changes the matrix
    /// by a fifth of its norm and lifts the small singular values: what is learned for 768x2304 is then a schedule for l =
    /// 0.0089 where the captured values ask for 0.0045 (those of the momentum before it is clipped give 0.0056). So it is
    /// clipped and given its singular values again, in turn. Measured at width 768: clipping changes it by 0.2 of its norm
    /// at first, then by 0.05, 0.02, ..., 0.001 after five turns and 0.0003 or less after eight; what is learned is then the
    /// same with and without clipping.
    /// </remarks>
    public static Tensor ClippedMomentum(long rows, long columns, Device device)
    {
        using var scope = NewDisposeScope();
        var values = CapturedSpectrum.Nearest(CapturedSpectrum.Load(CapturedSpectrum.Width768), rows, columns)
            .Stretched((int)Math.Min(rows, columns));
        var M = Spectra.WithSingularValues(Gaussian(rows, columns, device), values);
        for (var turn = 0; turn < 8; turn++)
            M = Spectra.WithSingularValues(OutlierSplit.ToBase_(M, OutlierSplit.Threshold(M, 0.9)), values);
        return M.MoveToOuterDisposeScope();
    }
}
