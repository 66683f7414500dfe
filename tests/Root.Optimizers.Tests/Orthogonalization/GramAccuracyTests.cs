using Root.Optimizers.Orthogonalization;
using Root.Optimizers.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Orthogonalization;

/// <summary>
/// The Gram form gives the directions that the plain one gives, on spectra where a factor in the wrong order, or a product that is
/// taken for symmetric, shows: singular values alone do not.
/// </summary>
public class GramAccuracyTests
{
    private static readonly NewtonSchulzSchedule Schedule = MinimaxFamily.Bank(4).First(s => s.Lower >= 0.0044);

    public static TheoryData<string, long, long> Cases => [.. from spectrum in new[] { "rank 1", "rank 4", "0.8^k", "Gaussian" }
        from shape in new[] { (600L, 200L), (200L, 600L), (768L, 2304L), (2304L, 768L), (40L, 24L) }
        select (spectrum, shape.Item1, shape.Item2)];

    private static Tensor Matrix(string spectrum, long m, long n)
    {
        random.manual_seed(1);
        if (spectrum == "Gaussian") return randn(m, n).OnDevice();
        if (spectrum.StartsWith("rank")) return randn(m, long.Parse(spectrum[5..])).matmul(randn(long.Parse(spectrum[5..]), n)).OnDevice();
        var k = Math.Min(m, n);
        var (U, V) = (linalg.qr(randn(m, k)).Q, linalg.qr(randn(n, k)).Q);
        return (U * pow(tensor(0.8f), arange(k, ScalarType.Float32))).matmul(V.mT).OnDevice();
    }

    private static double Off(Tensor X, Tensor exact, NewtonSchulzForm form, ScalarType type) =>
        ((NewtonSchulz.Orthogonalize(X, Schedule, type, form).to(float64) - exact).norm() / exact.norm()).item<double>();

    [Theory, Slow, MemberData(nameof(Cases))]
    public void It_is_as_near_to_float64_as_the_plain_form(string spectrum, long m, long n)
    {
        using var scope = NewDisposeScope();
        var X = Matrix(spectrum, m, n);
        var exact = NewtonSchulz.Orthogonalize(X.to(float64), Schedule, form: NewtonSchulzForm.Plain);
        var (plain, gram) = (Off(X, exact, NewtonSchulzForm.Plain, float32), Off(X, exact, NewtonSchulzForm.Gram, float32));
        Assert.True(gram <= 10 * plain, $"float32: {gram:g2} against {plain:g2}");
        // In bfloat16 the plain form itself is far off where singular values vanish: what rounding put there is lifted with the rest.
        var narrow = MinimaxFamily.Bank(4).First(s => s.Lower >= NewtonSchulz.GramLower(bfloat16));
        exact = NewtonSchulz.Orthogonalize(X.to(float64), narrow, form: NewtonSchulzForm.Plain);
        double InBFloat16(NewtonSchulzForm form) =>
            ((NewtonSchulz.Orthogonalize(X, narrow, bfloat16, form).to(float64) - exact).norm() / exact.norm()).item<double>();
        (plain, gram) = (InBFloat16(NewtonSchulzForm.Plain), InBFloat16(NewtonSchulzForm.Gram));
        Assert.True(gram <= 2 * plain, $"bfloat16: {gram:g2} against {plain:g2}");
    }
}
