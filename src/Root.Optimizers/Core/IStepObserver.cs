using Root.Optimizers.Core;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>Watches a step from inside: see <see cref="MatrixOptimizer.Observer"/>. It may not step, save or load the optimizer, which
/// is half done then. In a group of ranks each shows what it steps itself.</summary>
public interface IStepObserver
{
    /// <summary>Called for every part of every matrix parameter at every step, before the parameter changes.</summary>
    /// <param name="part">The matrices; <see cref="MatrixPart.Slot"/> is the parameter.</param>
    /// <param name="step">How many steps it has taken, this one included.</param>
    /// <param name="momentum">(blocks, rows, columns): what the optimizer made of the gradients so far. Valid during the call;
    /// clone what is kept.</param>
    /// <param name="update">(blocks, rows, columns): the direction that is subtracted, before learning rate, scale and weight decay.
    /// Of a weight on a manifold, and with another <see cref="OrthogonalizingOptions.weight_norm"/> than <see cref="WeightNorm.Free"/> or a
    /// <see cref="OrthogonalizingOptions.relative_update_floor"/> above 0, where one factor does not make it the step: the old weight less
    /// the new one, with all of these in it.</param>
    void OnMatrix(MatrixPart part, long step, Tensor momentum, Tensor update);
}
