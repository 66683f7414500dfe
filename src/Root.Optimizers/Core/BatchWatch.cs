using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>Shows an observer the parts of a batch, of each its own matrices of the stacked tensors, when a stage is done.</summary>
internal sealed class BatchWatch(StepWatch step, MatrixBatch batch)
{
    /// <summary>As it was before anything was done to it; null: the optimizer has none.</summary>
    private Tensor? _momentum;

    private IStepObserver Observer => step.Observer;

    /// <param name="momentum">Kept in the scope around the caller's.</param>
    public void OnMomentum(Tensor momentum)
    {
        step.Lap(StepStage.Momentum);
        _momentum = momentum.clone().MoveToOuterDisposeScope();
        step.Restart();
    }

    public void OnSplit(Tensor threshold) => Show(StepStage.Split, () =>
        ForEachPart((part, its) => Observer.OnSplit(part, its(_momentum!), its(threshold))));

    public void OnLearned() => step.Lap(StepStage.Learning);

    public void OnOrthogonalized(Tensor U, NewtonSchulzSchedule schedule, double? fitError = null) => Show(StepStage.Direction, () =>
        ForEachPart((part, its) => Observer.OnOrthogonalized(part, its(U), schedule, fitError)));

    /// <param name="W">Points of the manifold, (b, rows, columns).</param>
    /// <param name="distance">How far one is from it.</param>
    public void OnManifold(Tensor W, Func<Tensor, double> distance) => Show(StepStage.Direction, () =>
        ForEachPart((part, its) => Observer.OnManifold(part, [.. its(W).unbind().Select(distance)])));

    /// <param name="updates">What is subtracted, (b, rows, columns).</param>
    public void OnUpdate(Tensor updates) => Show(StepStage.Direction, () => ShowUpdates(updates));

    /// <param name="values">What the parameters become, (b, rows, columns).</param>
    public void OnAssigned(Tensor values) => Show(StepStage.Direction, () => ShowUpdates(batch.Parameters().sub_(values)));

    /// <summary>Changes the parameters, and shows how.</summary>
    public void Change(Tensor values, Action<Tensor, Tensor, Verdict> change)
    {
        var before = batch.Parameters();
        step.Restart();
        batch.ChangeUnwatched(values, change);
        Show(StepStage.Update, () =>
        {
            var after = batch.Parameters();
            ForEachPart((part, its) => Observer.OnMoved(part, its(before), its(after)));
        });
    }

    private void ShowUpdates(Tensor updates)
    {
        if (_momentum is null) return;
        ForEachPart((part, its) => Observer.OnMatrix(part, part.Slot.State.step, its(_momentum), its(updates)));
    }

    private void Show(StepStage done, Action show)
    {
        step.Lap(done);
        using (NewDisposeScope()) show();
        step.Restart();
    }

    /// <summary>For each part, what of a stacked tensor is its own.</summary>
    private void ForEachPart(Action<MatrixPart, Func<Tensor, Tensor>> show)
    {
        var start = 0;
        foreach (var part in batch.Parts)
        {
            show(part, stacked => stacked.narrow(0, start, part.Blocks));
            start += part.Blocks;
        }
    }
}
