using Root.Optimizers.Orthogonalization;
using static TorchSharp.torch;

namespace Root.Optimizers.AdaNewton;

/// <summary>Where coefficients come from.</summary>
public enum CoefficientSource
{
    /// <summary>From a paper or a published program.</summary>
    Published,

    /// <summary>Fitted before training.</summary>
    Fitted,

    /// <summary>Fitted to momentum while the model trained.</summary>
    Learned,
}

/// <summary>Where the coefficients of a shape come from.</summary>
/// <param name="Source">From print, from a fit before training, or from training.</param>
/// <param name="Step">The optimizer step of a learned fit.</param>
/// <param name="Error">The mean of (s - 1)^2 over the singular values of the spectrum fitted to, after the iteration.</param>
public sealed record Provenance(CoefficientSource Source, long? Step = null, double? Error = null);

/// <summary>What a matrix shape is orthogonalized with.</summary>
/// <param name="Schedule">The coefficients of each step.</param>
/// <param name="Normalization">What the matrix is divided by before the first.</param>
/// <param name="Provenance">Where they come from.</param>
public sealed record CoefficientEntry(NewtonSchulzSchedule Schedule, Normalization Normalization, Provenance Provenance)
{
    /// <summary>Half the distance of 1 from the next smaller number of bfloat16: an error that it cannot show.</summary>
    private const double RoundingOfBFloat16 = 1.0 / 512;

    /// <summary>
    /// The coefficients for an iteration in an element type: in bfloat16 those of fewer steps where their bound is below its
    /// rounding already, since for singular values from l on the last steps would only polish what is lost again. Smaller
    /// values, which the fit found to weigh little, come out smaller by a step's first coefficient.
    /// </summary>
    public NewtonSchulzSchedule In(ScalarType dtype) =>
        dtype == ScalarType.BFloat16 ? MinimaxFamily.Shortest(Schedule, RoundingOfBFloat16) : Schedule;
}
