using System.Text.Json;
using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.Benchmarks.Coefficients;

/// <summary>The median, value by value, of the singular values of a shape's clipped momentum over its Frobenius norm.</summary>
internal sealed record CapturedSpectrum(long[] Shape, double[] Values)
{
    /// <summary>From the repository's root, where ./run starts.</summary>
    public const string File = "src/Root.Optimizers/Orthogonalization/captured-spectra.json";

    public static CapturedSpectrum[] Load() =>
        JsonSerializer.Deserialize<CapturedSpectrum[]>(System.IO.File.ReadAllText(File), JsonSerializerOptions.Web)!;

    /// <summary>The spectrum of the nearest aspect ratio, taken for one of as many values as the shape has.</summary>
    public static Spectrum Nearest(CapturedSpectrum[] spectra, long rows, long columns)
    {
        var values = spectra.MinBy(s => Math.Abs(Aspect(s.Shape[0], s.Shape[1]) - Aspect(rows, columns)))!.Values;
        return new(values, Enumerable.Repeat(1.0 / values.Length, values.Length).ToArray(), Math.Min(rows, columns));
    }

    /// <summary>The logarithm of the longer side over the shorter, so that differences compare ratios.</summary>
    public static double Aspect(long a, long b) => Math.Log((double)Math.Max(a, b) / Math.Min(a, b));
}
