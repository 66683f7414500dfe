using Root.Optimizers.Core;

namespace Root.Optimizers;

/// <summary>What <see cref="StepDiagnostics"/> found of one matrix in one step. Null where the optimizer has no such thing; not finite
/// where the matrix is not. The root mean square (RMS) of a matrix of m x n is ||X||_F / sqrt(m n).</summary>
/// <param name="Parameter">The parameter's name and shape, and why it is here.</param>
/// <param name="Part">Which of the parameter's parts (<see cref="MatrixSlot.Parts"/>) the matrix is of: 0 but of those that
/// <see cref="MatrixOptions.split"/> cuts unevenly.</param>
/// <param name="Block">Which of the part's matrices it is: 0 where it is one alone.</param>
/// <param name="Shape">The matrix's own shape.</param>
/// <param name="Step">How many steps the parameter has taken, this one included.</param>
public sealed record MatrixReport(RoutedParameter Parameter, int Part, int Block, MatrixShape Shape, long Step)
{
    /// <summary>The RMS of the momentum M, which the step is made of.</summary>
    public double? MomentumRms { get; init; }

    /// <summary>eps of RootOptimizer's split, in the momentum's units.</summary>
    public double? OutlierThreshold { get; init; }

    /// <summary>The share of entries with |M| above eps, in [0, 1]: 1 - outlier_quantile of whatever matrix, but for the sample that
    /// the quantile is estimated from; with outlier_scale what the matrix has.</summary>
    public double? OutlierShare { get; init; }

    /// <summary>What of M's squared norm is clipped off, ||T_eps[M]||_F^2 / ||M||_F^2, in [0, 1). Of independent Gaussian entries 0.031 at
    /// the quantile 0.9; near 1 where a few entries are all of it.</summary>
    public double? OutlierEnergy { get; init; }

    /// <summary>How far the orthogonalized U is from orthogonal: ||U U^T - I||_F / sqrt(n), n the shorter side, which is the RMS of
    /// s^2 - 1 over its singular values s: 0 where all are 1, and 1 where all are 0.</summary>
    public double? OrthogonalityError { get; init; }

    /// <summary>l: the least singular value that the schedule is made for; null where it states none. Learned by RootOptimizer.</summary>
    public double? ScheduleLower { get; init; }

    /// <summary>How many Newton-Schulz steps were taken.</summary>
    public int? ScheduleSteps { get; init; }

    /// <summary>E: singular values in [l, 1] end in [1 - E, 1 + E]
    /// (<see cref="Orthogonalization.NewtonSchulzSchedule.Bound"/>).</summary>
    public double? ScheduleBound { get; init; }

    /// <summary>The mean of (s - 1)^2 over the spectrum that the schedule was fitted to
    /// (<see cref="AdaNewton.CoefficientEntry.Error"/>).</summary>
    public double? ScheduleError { get; init; }

    /// <summary>How far the weight is from its manifold after the step (<see cref="Manifold.Distance"/>): on Stiefel's
    /// ||W^T W - I||_F / sqrt(n).</summary>
    public double? ManifoldDistance { get; init; }

    /// <summary>How often the parameter was found off its manifold and brought back, since it is watched.</summary>
    public long? BroughtBack { get; init; }

    /// <summary>The RMS of the weight before the step.</summary>
    public double? WeightRms { get; init; }

    /// <summary>The RMS of the weight's change, with learning rate, scale and weight decay in it.</summary>
    public double? UpdateRms { get; init; }

    /// <summary>How large the change is relative to the weight: <see cref="UpdateRms"/> / <see cref="WeightRms"/>.</summary>
    public double? UpdateRatio => UpdateRms / WeightRms;
}
