namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>One scheduler after the other; each but the first starts at a milestone.</summary>
                public class SequentialLR : LRScheduler
                {
                    private readonly LRScheduler[] _schedulers;
                    private readonly int[] _milestones;

                    public SequentialLR(Optimizer optimizer, IEnumerable<LRScheduler> schedulers,
                        IEnumerable<int> milestones, int last_epoch = -1) : base(optimizer, last_epoch + 1)
                    {
                        _schedulers = [.. schedulers];
                        _milestones = [.. milestones];
                        if (_schedulers.Any(scheduler => scheduler._optimizer != optimizer))
                            throw new ArgumentException("The schedulers must all drive the optimizer given.");
                        if (_milestones.Length != _schedulers.Length - 1)
                            throw new ArgumentException(
                                $"{_schedulers.Length} schedulers need {_schedulers.Length - 1} milestones, not " +
                                $"{_milestones.Length}.");
                        // Each scheduler has made its first step when it was constructed: undone here.
                        foreach (var group in optimizer.ParamGroups) group.LearningRate = group.InitialLearningRate;
                        foreach (var scheduler in _schedulers) scheduler._last_epoch--;
                        _schedulers[0].step();
                        _last_lrs = _schedulers[0]._last_lrs;
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        var index = Array.FindLastIndex(_milestones, milestone => milestone <= _last_epoch) + 1;
                        if (index > 0 && _milestones[index - 1] == _last_epoch) _schedulers[index].step((int?)0);
                        else _schedulers[index].step();
                        return Current(1);
                    }
                }

                /// <summary>Several schedulers at once.</summary>
                public class ChainedLR : LRScheduler
                {
                    private readonly IEnumerable<LRScheduler> _schedulers;

                    public ChainedLR(IEnumerable<LRScheduler> schedulers) => _schedulers = schedulers;

                    public override void step()
                    {
                        foreach (var scheduler in _schedulers) scheduler.step();
                    }
                }

                /// <summary>Lowers the rate when a metric has not improved for some epochs.</summary>
                public class ReduceLROnPlateau : LRScheduler
                {
                    private readonly bool _smallerIsBetter;
                    private readonly bool _relative;
                    private readonly double _threshold;
                    private readonly double _factor;
                    private readonly double _eps;
                    private readonly int _patience;
                    private readonly int _cooldown;
                    private readonly List<double> _floors;
                    private double _best;
                    private int _badEpochs;
                    private int _rest;

                    public ReduceLROnPlateau(Optimizer optimizer, string mode = "min", double factor = 0.1,
                        int patience = 10, double threshold = 1e-4, string threshold_mode = "rel", int cooldown = 0,
                        IList<double> min_lr = null, double eps = 1e-8, bool verbose = false)
                        : base(optimizer, -1, verbose)
                    {
                        if (factor >= 1.0) throw new ArgumentException("The factor must be less than 1.");
                        if (mode is not ("min" or "max")) throw new ArgumentException($"Unknown mode: {mode}");
                        if (threshold_mode is not ("rel" or "abs"))
                            throw new ArgumentException($"Unknown threshold mode: {threshold_mode}");
                        _smallerIsBetter = mode == "min";
                        _relative = threshold_mode == "rel";
                        _threshold = threshold;
                        _factor = factor;
                        _eps = eps;
                        _patience = patience;
                        _cooldown = cooldown;
                        _best = _smallerIsBetter ? double.PositiveInfinity : double.NegativeInfinity;
                        var count = optimizer.ParamGroups.Count();
                        _floors = min_lr is null or { Count: 0 } ? [.. Enumerable.Repeat(0.0, count)]
                            : min_lr.Count == 1 ? [.. Enumerable.Repeat(min_lr[0], count)]
                            : [.. min_lr];
                    }

                    public override void step(double current, int? epoch = null)
                    {
                        _last_epoch = epoch ?? _last_epoch + 1;
                        if (Improves(current))
                        {
                            _best = current;
                            _badEpochs = 0;
                        }
                        else
                        {
                            _badEpochs++;
                        }
                        if (_rest > 0)
                        {
                            _rest--;
                            _badEpochs = 0;
                        }
                        if (_badEpochs <= _patience) return;
                        Reduce();
                        _rest = _cooldown;
                        _badEpochs = 0;
                    }

                    public override void step() => throw NeedsMetric();

                    public override void step(int? epoch) => throw NeedsMetric();

                    private static InvalidOperationException NeedsMetric() =>
                        new("ReduceLROnPlateau needs the metric: call step(double, int?).");

                    private bool Improves(double value) => (_smallerIsBetter, _relative) switch
                    {
                        (true, true) => value < _best * (1 - _threshold),
                        (true, false) => value < _best - _threshold,
                        (false, true) => value > _best * (_threshold + 1),
                        (false, false) => value > _best + _threshold,
                    };

                    private void Reduce()
                    {
                        foreach (var (group, floor) in _optimizer.ParamGroups.Zip(_floors))
                        {
                            var rate = Math.Max(group.LearningRate * _factor, floor);
                            if (group.LearningRate - rate <= _eps) continue;
                            group.LearningRate = rate;
                            if (_verbose)
                                Console.WriteLine($"Epoch {_last_epoch}: reducing learning rate to {rate:g4}.");
                        }
                    }
                }
            }
        }
    }
}
