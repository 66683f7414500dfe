using System.Collections;
using static TorchSharp.torch;

namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// An immutable list of Newton-Schulz steps, one <see cref="QuinticStep"/> each, in the order they are taken, with what they are
/// made for and what is guaranteed of their result. The guarantees are computed from the triples: intervals of singular values
/// are carried through the steps, widened by the margin before each. They hold in exact arithmetic, and for any relative error
/// up to the margin in each step.
/// </summary>
public sealed class NewtonSchulzSchedule : IReadOnlyList<QuinticStep>, IEquatable<NewtonSchulzSchedule>
{
    /// <summary>The relative perturbation before each step that guarantees allow for.</summary>
    public const double Margin = 0.01;

    /// <summary>A schedule is stable if it leaves no singular value above this: what the largest bound that a fit may choose comes
    /// to.</summary>
    public const double StableBound = 1.6;

    /// <summary>More steps than anybody takes: a mistyped or damaged number must not cost memory or time.</summary>
    internal const int MostSteps = 1000;

    private readonly QuinticStep[] _steps;
    private NewtonSchulzSchedule? _inBFloat16, _inFloat16;

    /// <summary>A schedule of the given steps.</summary>
    /// <param name="steps">At least one.</param>
    /// <param name="lower">The least singular value that the schedule is made for, in (0, 1]; null where none is stated.</param>
    /// <param name="normalization">What a matrix is divided by before the first step.</param>
    /// <exception cref="ArgumentException">There is no step, a coefficient is not finite, or lower is out of range.</exception>
    public NewtonSchulzSchedule(IEnumerable<QuinticStep> steps, double? lower = null,
        Normalization normalization = Normalization.Frobenius)
    {
        _steps = steps.ToArray();
        if (_steps.Length == 0) throw new ArgumentException("A Newton-Schulz schedule needs at least one step.", nameof(steps));
        foreach (var step in _steps)
            if (!step.IsFinite)
                throw new ArgumentException($"The Newton-Schulz coefficients {step} are not finite.", nameof(steps));
        if (lower is { } l && !(l > 0 && l <= 1))
            throw new ArgumentException($"The least singular value is {l}; it must lie in (0, 1].", nameof(lower));
        if (!Enum.IsDefined(normalization)) throw new ArgumentException($"There is no normalization {normalization}.",
            nameof(normalization));
        (Lower, Normalization) = (lower, normalization);
        var (least, most) = Propagate(lower ?? 0, 1);
        Bound = Math.Max(1 - least, most - 1);
        IsStable = Propagate(0, 1) is var (low, high) && Math.Max(-low, high) <= StableBound;
        LeadsToOne = Propagate(lower ?? 0.5, 1) is { low: > 0, high: < 10 };
    }

    /// <summary>The same triple, <paramref name="times"/> times: the form of Muon and of the ROOT paper.</summary>
    /// <exception cref="ArgumentException"><paramref name="times"/> is less than 1.</exception>
    public static NewtonSchulzSchedule Repeat(QuinticStep triple, int times) => new(Enumerable.Repeat(triple, times));

    /// <summary>What a matrix is divided by before the first step, so that its singular values lie in [0, 1].</summary>
    public Normalization Normalization { get; }

    /// <summary>l: the guarantee covers singular values in [l, 1]. Null where the schedule states none.</summary>
    public double? Lower { get; }

    /// <summary>
    /// E: every singular value in [l, 1] ends within [1 - E, 1 + E], under perturbations up to <see cref="Margin"/> before
    /// each step. Without <see cref="Lower"/>, of [0, 1], and so at least 1.
    /// </summary>
    public double Bound { get; }

    /// <summary>
    /// Whether no singular value in [0, 1] ends above <see cref="StableBound"/> in magnitude, under the same perturbations. The triple
    /// that ROOT published for 2048 x 2048 is not stable: a value that lands above 1.2236 grows without limit.
    /// </summary>
    public bool IsStable { get; }

    /// <summary>Whether every singular value that the schedule is for, of [0.5, 1] where it does not say, ends above 0 and below 10:
    /// the least that can be asked of what a file holds.</summary>
    internal bool LeadsToOne { get; }

    /// <inheritdoc />
    public int Count => _steps.Length;

    /// <inheritdoc />
    public QuinticStep this[int index] => _steps[index];

    /// <summary>
    /// The schedule for an iteration in an element type: in 16 bits no more of the first steps than it takes for a bound below
    /// the type's rounding, half the distance of 1 from the next smaller number, since for singular values from l on the others
    /// would only polish what is lost again. Smaller values, which a fit found to weigh little, come out smaller by a step's first
    /// coefficient. The first steps of a schedule of the <see cref="MinimaxFamily"/> are the family's schedule of so many steps.
    /// </summary>
    public NewtonSchulzSchedule ForType(ScalarType dtype) => dtype switch
    {
        ScalarType.BFloat16 => _inBFloat16 ??= Shortest(1.0 / 512),
        ScalarType.Float16 => _inFloat16 ??= Shortest(1.0 / 4096),
        _ => this,
    };

    /// <summary>What the whole schedule makes of one singular value, in float64.</summary>
    public double Apply(double s)
    {
        foreach (var step in _steps) s = step.Apply(s);
        return s;
    }

    /// <summary>The interval that holds every image of [low, high], perturbed by up to <see cref="Margin"/> before each step.</summary>
    public (double low, double high) Propagate(double low, double high)
    {
        foreach (var step in _steps)
        {
            // A negative end moves outwards too.
            (low, high) = step.Image(low - Margin * Math.Abs(low), high + Margin * Math.Abs(high));
            if (!(Math.Abs(low) < 1e6 && Math.Abs(high) < 1e6)) return (double.NegativeInfinity, double.PositiveInfinity);
        }
        return (low, high);
    }

    private NewtonSchulzSchedule Shortest(double bound) => Lower is null ? this : Enumerable.Range(1, Count - 1)
        .Select(count => new NewtonSchulzSchedule(_steps.Take(count), Lower, Normalization))
        .FirstOrDefault(first => first.Bound <= bound) ?? this;

    /// <inheritdoc />
    public IEnumerator<QuinticStep> GetEnumerator() => _steps.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Equal steps, equal <see cref="Lower"/> and equal <see cref="Normalization"/>.</summary>
    public bool Equals(NewtonSchulzSchedule? other) =>
        other is not null && Lower == other.Lower && Normalization == other.Normalization && _steps.AsSpan().SequenceEqual(other._steps);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as NewtonSchulzSchedule);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Lower, _steps.Length, _steps[0]);

    /// <inheritdoc />
    public override string ToString() => string.Join(" ", _steps);
}
