using Root.Optimizers.Core;
using Root.Optimizers.Orthogonalization;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>Watches a step from inside: see <see cref="MatrixOptimizer.Observer"/>. It may not step, save or load the optimizer, which
/// is half done then, and changes none of the tensors that it is shown. In a group of ranks each shows what it steps itself.
/// <see cref="StepDiagnostics"/> is one that measures.</summary>
/// <remarks>Tensors are valid during a call: clone what is kept. What an observer makes of what it is
/// shown is released at the end of the call, or of the step, unless it is detached from its dispose scope.</remarks>
public interface IStepObserver
{
    /// <summary>Before every step that is tried: whether it is to be watched. Of one that is not, nothing is shown and nothing
    /// made.</summary>
    bool Watches() => true;

    /// <summary>Called for every part of every matrix parameter that is stepped, before the parameter changes.</summary>
    /// <param name="part">The matrices; <see cref="MatrixPart.Slot"/> is the parameter.</param>
    /// <param name="step">How many steps it has taken, this one included.</param>
    /// <param name="momentum">(blocks, rows, columns): what the optimizer made of the gradients so far.</param>
    /// <param name="update">(blocks, rows, columns): the direction that is subtracted, before learning rate, scale and weight decay.
    /// Of a weight on a manifold, and with <see cref="OrthogonalizingOptions.radial_brake"/>, where one factor does not make it the step:
    /// the old weight less the new one, with all of these in it.</param>
    void OnMatrix(MatrixPart part, long step, Tensor momentum, Tensor update);

    /// <summary>RootOptimizer has clipped the outliers of a momentum.</summary>
    /// <param name="part">The matrices.</param>
    /// <param name="momentum">(blocks, rows, columns), as it was before.</param>
    /// <param name="threshold">(blocks, 1, 1): eps of each matrix.</param>
    void OnSplit(MatrixPart part, Tensor momentum, Tensor threshold)
    {
    }

    /// <summary>Newton-Schulz steps have orthogonalized a momentum.</summary>
    /// <param name="part">The matrices.</param>
    /// <param name="U">(blocks, rows, columns): their result, in the element type of the iteration.</param>
    /// <param name="schedule">The coefficients of the steps that were taken.</param>
    /// <param name="fitError">Of a fitted schedule <see cref="AdaNewton.CoefficientEntry.Error"/>, else null.</param>
    void OnOrthogonalized(MatrixPart part, Tensor U, NewtonSchulzSchedule schedule, double? fitError)
    {
    }

    /// <summary>A weight has been stepped along its manifold.</summary>
    /// <param name="part">The matrices.</param>
    /// <param name="distances">How far from the manifold each new one is: <see cref="Manifold.Distance"/>.</param>
    void OnManifold(MatrixPart part, IReadOnlyList<double> distances)
    {
    }

    /// <summary>A parameter has changed.</summary>
    /// <param name="part">The matrices.</param>
    /// <param name="before">(blocks, rows, columns): the weights before the step, of 16-bit parameters the float32 masters.</param>
    /// <param name="after">And after it.</param>
    void OnMoved(MatrixPart part, Tensor before, Tensor after)
    {
    }

    /// <summary>A weight that was found off its manifold is brought back to the nearest point; before steps that are not watched as well,
    /// and when a group is added.</summary>
    /// <param name="part">The matrices.</param>
    /// <param name="distance">How far off the worst of them was.</param>
    void OnBroughtBack(MatrixPart part, double distance)
    {
    }

    /// <summary>A piece of the step is done, what observers did left out; a stage comes in many pieces. On a GPU the device has finished
    /// it.</summary>
    /// <param name="stage">What was done.</param>
    /// <param name="time">How long it took.</param>
    void OnStage(StepStage stage, TimeSpan time)
    {
    }

    /// <summary>The step is done. What this throws, the step throws, and stays taken.</summary>
    /// <param name="optimizer">That stepped.</param>
    void OnStepped(MatrixOptimizer optimizer)
    {
    }
}
