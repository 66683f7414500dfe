using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Orthogonalization;

/// <summary>
/// AdaNewton: learns the coefficients of each shape beside the training (ROOT, arXiv 2511.20626, section 3.2, where they are
/// fitted to the shape's momentum).
/// </summary>
public static class CoefficientLearner
{
    /// <summary>
    /// Whether step <paramref name="step"/> (the first is 1) refits: steps 1, 5, 9 and so on, a sixth of the step apart and at
    /// least four. Momentum is nearly of rank one in the first 20 steps, spreads until about 60 and changes little later.
    /// </summary>
    public static bool IsDue(long step) => Refits(step) > Refits(step - 1);

    /// <summary>
    /// Which of the <paramref name="count"/> parameters of one shape, in either orientation, a refit learns from: each in turn. It follows from the step
    /// alone, so nothing needs to be remembered.
    /// </summary>
    public static int Turn(long step, int count) => (Refits(step) - 1) % count;

    /// <summary>How many refits there are up to a step, that step included.</summary>
    public static int Refits(long step)
    {
        var count = 0;
        for (var due = 1L; due <= step; due += Math.Max(4, due / 6)) count++;
        return count;
    }

    /// <summary>Fits the coefficients of a shape to one matrix of it. A matrix that is zero or not finite teaches nothing.</summary>
    /// <param name="table">Where to learn into.</param>
    /// <param name="matrix">(m, n): the base B that the step orthogonalizes.</param>
    /// <param name="steps">The number of Newton-Schulz steps.</param>
    /// <param name="step">The optimizer step, for the record.</param>
    public static void Learn(CoefficientTable table, Tensor matrix, int steps, long step)
    {
        Spectrum spectrum;
        try
        {
            spectrum = Spectrum.Of(matrix);
        }
        catch (ExternalException)
        {
            // The eigenvalue solver did not converge: the schedule at hand goes on, and the next refit tries again.
            return;
        }
        if (!spectrum.IsUsable) return;
        var (rows, columns) = (matrix.shape[0], matrix.shape[1]);
        var (schedule, error) = ScheduleFit.Fit(spectrum, rows, columns, steps, Normalisation.Schatten8);
        table.Set(rows, columns, new(schedule, Normalisation.Schatten8, new(CoefficientSource.Learned, step, error)));
    }
}
