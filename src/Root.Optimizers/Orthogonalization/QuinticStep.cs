using System.Globalization;

namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// The coefficients of one Newton-Schulz step: every singular value s of X becomes p(s) = a s + b s^3 + c s^5.
/// </summary>
/// <param name="A">Of X.</param>
/// <param name="B">Of (X X^T) X.</param>
/// <param name="C">Of (X X^T)^2 X.</param>
public readonly record struct QuinticStep(double A, double B, double C)
{
    /// <summary>p(s).</summary>
    public double Apply(double s) => s * (A + s * s * (B + s * s * C));

    /// <summary>The step for inputs divided by <paramref name="scale"/> beforehand: s -> p(s / scale).</summary>
    public QuinticStep ForInputOver(double scale) =>
        new(A / scale, B / Math.Pow(scale, 3), C / Math.Pow(scale, 5));

    /// <summary>Whether all three are numbers.</summary>
    public bool IsFinite => double.IsFinite(A) && double.IsFinite(B) && double.IsFinite(C);

    /// <summary>The image of the interval [low, high] under p: the extremes over its ends and the critical points inside.</summary>
    public (double low, double high) Image(double low, double high)
    {
        var (least, most) = (Math.Min(Apply(low), Apply(high)), Math.Max(Apply(low), Apply(high)));
        // p'(s) = a + 3 b s^2 + 5 c s^4, a quadratic in s^2.
        foreach (var square in SquaredCriticalPoints())
            if (square > 0 && Math.Sqrt(square) is var s && s > low && s < high)
                (least, most) = (Math.Min(least, Apply(s)), Math.Max(most, Apply(s)));
        return (least, most);
    }

    private IEnumerable<double> SquaredCriticalPoints()
    {
        if (C == 0) return B == 0 ? [] : [-A / (3 * B)];
        var discriminant = 9 * B * B - 20 * A * C;
        if (discriminant < 0) return [];
        var root = Math.Sqrt(discriminant);
        return [(-3 * B - root) / (10 * C), (-3 * B + root) / (10 * C)];
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"({A}, {B}, {C})");
}
