using Root.Optimizers.Orthogonalization;

namespace Root.Optimizers.AdaNewton;

/// <summary>What a table holds for a shape and a number of steps.</summary>
/// <param name="Schedule">The coefficients.</param>
/// <param name="Error">Of a fit: the mean of (s - 1)^2 over the singular values of the spectrum fitted to, after the iteration. With three
/// steps and fewer that is not what the fit minimized: they are fitted to lift small values.</param>
/// <param name="Step">Of a fit to momentum while the model trained: the optimizer's step; null for what was fitted before.</param>
public sealed record CoefficientEntry(NewtonSchulzSchedule Schedule, double? Error = null, long? Step = null);
