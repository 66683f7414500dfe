using System.Globalization;
using System.Text.Json;
using Root.Optimizers.AdaNewton;
using Root.Optimizers.Benchmarks.Fidelity;
using Root.Optimizers.Orthogonalization;
using Shared;

namespace Root.Optimizers.Benchmarks.Coefficients;

/// <summary>
/// The median, value by value, of the singular values of a shape's clipped momentum over its Frobenius norm, in both
/// orientations together; in descending order.
/// </summary>
internal sealed record CapturedSpectrum(long[] Shape, double[] Values)
{
    /// <summary>Where a shape has more values, as many are kept, evenly spaced in rank, the first and the last among them.</summary>
    private const int Kept = 256;

    /// <summary>Where the files stand, from the repository's root, where ./run starts; the program has them embedded.</summary>
    public const string Folder = "benchmarks/Root.Optimizers.Benchmarks/Coefficients";

    /// <summary>Of CharGpt as it is by default, at the steps from 150 to 299: what the library's coefficients are fitted to.</summary>
    public const string Width192 = "spectra-192.json";

    /// <summary>Of CharGpt at the width of GPT-2 small, trained by the defaults of <see cref="SpectraCommand"/>; its steps 150, 200,
    /// 250 and 300.</summary>
    public const string Width768 = "spectra-768.json";

    public static CapturedSpectrum[] Load(string name)
    {
        using var stream = typeof(CapturedSpectrum).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is missing from the program.");
        return JsonSerializer.Deserialize<CapturedSpectrum[]>(stream, JsonSerializerOptions.Web)!;
    }

    /// <summary>A line to each shape.</summary>
    public static void Save(string file, IEnumerable<CapturedSpectrum> spectra) => AtomicFile.Write(file,
        "[" + string.Join(",\n", spectra.Select(s => JsonSerializer.Serialize(s, JsonSerializerOptions.Web))) + "]\n");

    public static CapturedSpectrum[] Of(IEnumerable<Momentum> captured) => captured
        .GroupBy(m => m.Shape, m => Spectrum.Exact(m.B).Normalized(Normalization.Frobenius).Values.OrderDescending().ToArray())
        .OrderBy(shape => shape.Key)
        .Select(shape => new CapturedSpectrum([shape.Key.Shorter, shape.Key.Longer], Ranks((int)shape.Key.Shorter)
            .Select(rank => Timing.Median(shape.Select(values => values[rank])))
            .Select(value => double.Parse(value.ToString("G5", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture))
            .ToArray()))
        .ToArray();

    /// <summary>The one of the nearest aspect ratio.</summary>
    public static CapturedSpectrum Nearest(CapturedSpectrum[] spectra, long rows, long columns) =>
        spectra.MinBy(s => Math.Abs(Aspect(s.Shape[0], s.Shape[1]) - Aspect(rows, columns)))!;

    /// <summary>The logarithm of the longer side over the shorter, so that differences compare ratios.</summary>
    public static double Aspect(long a, long b) => Math.Log((double)Math.Max(a, b) / Math.Min(a, b));

    /// <summary>Taken for the spectrum of a matrix with <paramref name="count"/> singular values.</summary>
    public Spectrum As(long count) => new(Values, Enumerable.Repeat(1.0 / Values.Length, Values.Length).ToArray(), count);

    /// <summary><paramref name="count"/> values of the same distribution: between two ranks that are kept, geometric ones.</summary>
    public double[] Stretched(int count) => Enumerable.Range(0, count).Select(i =>
    {
        var rank = i * (Values.Length - 1.0) / Math.Max(1, count - 1);
        var (above, below) = (Values[(int)rank], Values[Math.Min((int)rank + 1, Values.Length - 1)]);
        return above * Math.Pow(below / above, rank % 1);
    }).ToArray();

    private static IEnumerable<int> Ranks(int count) => count <= Kept
        ? Enumerable.Range(0, count)
        : Enumerable.Range(0, Kept).Select(i => (int)Math.Round(i * (count - 1.0) / (Kept - 1)));
}
