using System.Collections;
using System.Globalization;

namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// The coefficients of one Newton-Schulz step: every singular value s of X becomes a s + b s^3 + c s^5.
/// </summary>
/// <param name="A">Of X.</param>
/// <param name="B">Of (X X^T) X.</param>
/// <param name="C">Of (X X^T)^2 X.</param>
public readonly record struct Triple(double A, double B, double C)
{
    /// <summary>a s + b s^3 + c s^5.</summary>
    public double Apply(double s) => s * (A + s * s * (B + s * s * C));

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"({A}, {B}, {C})");
}

/// <summary>An immutable list of Newton-Schulz steps, one <see cref="Triple"/> each, in the order they are taken.</summary>
public sealed class NewtonSchulzSchedule : IReadOnlyList<Triple>
{
    private readonly Triple[] _steps;

    /// <summary>A schedule of the given steps.</summary>
    /// <exception cref="ArgumentException">There is no step, or a coefficient is not finite.</exception>
    public NewtonSchulzSchedule(IEnumerable<Triple> steps)
    {
        _steps = steps.ToArray();
        if (_steps.Length == 0) throw new ArgumentException("A Newton-Schulz schedule needs at least one step.", nameof(steps));
        foreach (var step in _steps)
            if (!double.IsFinite(step.A) || !double.IsFinite(step.B) || !double.IsFinite(step.C))
                throw new ArgumentException($"The Newton-Schulz coefficients {step} are not finite.", nameof(steps));
    }

    /// <summary>The same triple, <paramref name="times"/> times: the form of Muon and of the ROOT paper.</summary>
    /// <exception cref="ArgumentException"><paramref name="times"/> is less than 1.</exception>
    public static NewtonSchulzSchedule Repeat(Triple triple, int times) => new(Enumerable.Repeat(triple, times));

    /// <inheritdoc />
    public int Count => _steps.Length;

    /// <inheritdoc />
    public Triple this[int index] => _steps[index];

    /// <summary>What the whole schedule makes of one singular value, in float64.</summary>
    public double Apply(double s)
    {
        foreach (var step in _steps) s = step.Apply(s);
        return s;
    }

    /// <inheritdoc />
    public IEnumerator<Triple> GetEnumerator() => _steps.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc />
    public override string ToString() => string.Join(" ", _steps);
}
