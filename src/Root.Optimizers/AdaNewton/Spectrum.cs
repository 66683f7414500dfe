using Root.Optimizers.LinearAlgebra;
using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.AdaNewton;

/// <summary>
/// The singular values of a matrix as a distribution: values and weights that sum to 1. All of them with equal weights
/// where the matrix is small, a quadrature of their distribution where it is large.
/// </summary>
internal sealed class Spectrum
{
    /// <summary>Matrices whose shorter side is no longer than this get all their singular values.</summary>
    public const long ExactSide = 512;

    /// <summary>Lanczos steps for larger ones. Source: measured for this library at sides 1024 and 2048: 96 to 128 steps give
    /// the schedule that the exact spectrum gives, 24 one made for five times too large values.</summary>
    public const int LanczosSteps = 128;

    private readonly double[] _values;
    private readonly double[] _weights;

    /// <summary>A spectrum of the given nodes.</summary>
    /// <param name="values">Not negative.</param>
    /// <param name="weights">Not negative, of sum 1, as many as values.</param>
    /// <param name="count">How many singular values the weights stand for: the shorter side.</param>
    public Spectrum(double[] values, double[] weights, long count)
    {
        if (values.Length == 0 || values.Length != weights.Length)
            throw new ArgumentException($"A spectrum needs as many weights as values, at least one; "
                + $"got {values.Length} and {weights.Length}.");
        (_values, _weights, Count) = (values, weights, count);
    }

    /// <summary>The singular values, in no particular order.</summary>
    public IReadOnlyList<double> Values => _values;

    /// <summary>Their weights, of sum 1.</summary>
    public IReadOnlyList<double> Weights => _weights;

    /// <summary>How many singular values the matrix has: its shorter side.</summary>
    public long Count { get; }

    /// <summary>Whether every value is a number and one of them is not zero.</summary>
    public bool IsUsable => Values.All(double.IsFinite) && Weights.All(double.IsFinite) && Values.Max() > 0;

    /// <summary>The mean of f over the singular values.</summary>
    public double Mean(Func<double, double> f)
    {
        var sum = 0.0;
        for (var i = 0; i < _values.Length; i++) sum += _weights[i] * f(_values[i]);
        return sum;
    }

    /// <summary>The same spectrum divided by a norm of its own. Values that a model of few values puts above 1 become 1.</summary>
    public Spectrum Normalized(Normalization normalization)
    {
        var power = normalization == Normalization.Schatten8 ? 8 : 2;
        // Over the largest first, so that powers stay in range.
        var largest = Values.Max();
        var norm = largest * Math.Pow(Count * Mean(s => Math.Pow(s / largest, power)), 1.0 / power);
        return new(Values.Select(s => Math.Min(1, s / norm)).ToArray(), Weights.ToArray(), Count);
    }

    /// <summary>
    /// The spectrum of a matrix with independent Gaussian entries, in the limit of large sides (Marchenko and Pastur):
    /// with y = shorter/longer, s^2 = 1 + y + 2 sqrt(y) cos(t), of density proportional to sin^2(t) / s^2 in t over (0, pi).
    /// </summary>
    /// <param name="rows">One side.</param>
    /// <param name="columns">The other.</param>
    /// <param name="nodes">How many values stand for it.</param>
    public static Spectrum Gaussian(long rows, long columns, int nodes = 200)
    {
        var (shorter, longer) = (Math.Min(rows, columns), Math.Max(rows, columns));
        var y = (double)shorter / longer;
        var (values, weights) = (new double[nodes], new double[nodes]);
        for (var i = 0; i < nodes; i++)
        {
            var t = Math.PI * (i + 0.5) / nodes;
            var square = 1 + y + 2 * Math.Sqrt(y) * Math.Cos(t);
            values[i] = Math.Sqrt(square);
            weights[i] = Math.Pow(Math.Sin(t), 2) / square;
        }
        var total = weights.Sum();
        return new(values, weights.Select(w => w / total).ToArray(), shorter);
    }

    /// <summary>
    /// The spectrum of a matrix, on its device: all singular values, in float64, where the shorter side is at most
    /// <see cref="ExactSide"/>, else a quadrature of <see cref="LanczosSteps"/> nodes. Waits for the device.
    /// </summary>
    /// <param name="matrix">(m, n), floating point; not changed.</param>
    public static Spectrum FromMatrix(Tensor matrix)
    {
        var shorter = Math.Min(matrix.shape[0], matrix.shape[1]);
        if (shorter <= ExactSide) return Exact(matrix);
        var (values, weights) = Lanczos.Quadrature(matrix, LanczosSteps);
        return new(values, weights, shorter);
    }

    /// <summary>All singular values, from the eigenvalues of the Gram matrix of the shorter side.</summary>
    public static Spectrum Exact(Tensor matrix)
    {
        using var scope = NewDisposeScope();
        var X = matrix.shape[0] <= matrix.shape[1] ? matrix.to(ScalarType.Float64) : matrix.mT.to(ScalarType.Float64);
        // A NaN would make the solver fail instead of the caller decide.
        if (!X.isfinite().all().item<bool>()) return new([double.NaN], [1], X.shape[0]);
        // Over the largest entry first, so that squares stay in range.
        var largest = X.abs().max().item<double>();
        if (largest > 0) X = X.Div(largest);
        var roots = linalg.eigvalsh(X.matmul(X.mT)).ClampMin_(0).sqrt_().cpu().data<double>();
        var values = roots.Select(s => s * largest).ToArray();
        return new(values, Enumerable.Repeat(1.0 / values.Length, values.Length).ToArray(), values.Length);
    }
}
