using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.AdaNewton;

/// <summary>
/// What matrices are orthogonalized with: a schedule for every shape and number of steps. <see cref="CoefficientTable"/> is the kind
/// that learns.
/// </summary>
[JsonConverter(typeof(CoefficientsJson))]
public abstract class Coefficients
{
    /// <summary>A saved state writes every kind, and so has to know them all.</summary>
    private protected Coefficients() { }

    /// <summary>Muon's (3.4445, -4.7750, 2.0315) at every step, for all shapes.</summary>
    public static Coefficients Muon { get; } = new Repeated(nameof(Muon), new Dictionary<(long, long), QuinticStep>());

    /// <summary>
    /// The triples of ROOT's published program for its four shapes, each at every step; Muon's for all others. Those for
    /// 2048 x 2048 and 2048 x 3072 are not <see cref="NewtonSchulzSchedule.IsStable"/>: singular values of low-rank momentum can
    /// grow under them.
    /// </summary>
    public static Coefficients Published { get; } = new Repeated(nameof(Published), PublishedSchedules.RootTriples);

    /// <summary>One schedule for all shapes, whatever number of steps is asked for.</summary>
    public static Coefficients Fixed(NewtonSchulzSchedule schedule) => new One(schedule);

    /// <summary>The schedule for a matrix of the given shape, in either orientation.</summary>
    /// <param name="rows">One side, at least 1.</param>
    /// <param name="columns">The other, at least 1.</param>
    /// <param name="steps">The number of steps, at least 1.</param>
    public abstract NewtonSchulzSchedule For(long rows, long columns, int steps);

    internal sealed class One(NewtonSchulzSchedule schedule) : Coefficients
    {
        public NewtonSchulzSchedule Schedule => schedule;

        public override NewtonSchulzSchedule For(long rows, long columns, int steps) => schedule;
    }

    /// <summary>The same triple at every step.</summary>
    /// <param name="name">In a saved state.</param>
    /// <param name="ofShape">By (shorter, longer) side; shapes without one take Muon's.</param>
    internal sealed class Repeated(string name, IReadOnlyDictionary<(long, long), QuinticStep> ofShape) : Coefficients
    {
        private readonly ConcurrentDictionary<(QuinticStep, int), NewtonSchulzSchedule> _made = new();

        public string Name => name;

        public override NewtonSchulzSchedule For(long rows, long columns, int steps) => _made.GetOrAdd(
            (ofShape.GetValueOrDefault((Math.Min(rows, columns), Math.Max(rows, columns)), PublishedSchedules.MuonTriple), steps),
            static key => NewtonSchulzSchedule.Repeat(key.Item1, key.Item2));
    }
}
