using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>A step that is watched: by whom, and the clock of its stages.</summary>
internal sealed class StepWatch
{
    private readonly Device[] _gpus;
    private long _since;

    public StepWatch(IStepObserver observer, IEnumerable<Slot> slots)
    {
        Observer = observer;
        _gpus = [.. slots.Select(slot => slot.Parameter).Where(parameter => parameter.device_type == DeviceType.CUDA)
            .DistinctBy(parameter => parameter.device_index).Select(parameter => parameter.device)];
        Restart();
    }

    public IStepObserver Observer { get; }

    /// <summary>What was done since the last call belongs to a stage.</summary>
    public void Lap(StepStage stage)
    {
        Wait();
        Observer.OnStage(stage, Stopwatch.GetElapsedTime(_since));
        Restart();
    }

    /// <summary>What was done since the last call was watching, and does not count.</summary>
    public void Restart()
    {
        Wait();
        _since = Stopwatch.GetTimestamp();
    }

    /// <summary>A GPU's work takes its time when it is done, not when it is queued.</summary>
    private void Wait()
    {
        foreach (var gpu in _gpus) cuda.synchronize(gpu);
    }
}
