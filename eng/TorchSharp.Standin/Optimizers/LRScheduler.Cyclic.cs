namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Moves the rate, and the momentum, up and down between two bounds.</summary>
                public class CyclicLR : LRScheduler
                {
                    private readonly double _period;
                    private readonly double _rise;
                    private readonly Func<double, double> _scale;
                    private readonly ScaleMode _scale_mode;
                    private readonly List<double> _max_lrs;
                    private readonly List<double> _base_momentum;
                    private readonly List<double> _max_momentum;

                    public enum Mode
                    {
                        Triangular,
                        Triangular2,
                        ExpRange
                    }

                    public enum ScaleMode
                    {
                        Cycle,
                        Iterations
                    }

                    public CyclicLR(Optimizer optimizer, double base_lr, double max_lr, int step_size_up = 2000,
                        int step_size_down = -1, Mode mode = Mode.Triangular, double gamma = 1.0,
                        Func<double, double> scale_fn = null, ScaleMode scale_mode = ScaleMode.Cycle,
                        bool cycle_momentum = true, double base_momentum = 0.8, double max_momentum = 0.9,
                        int last_epoch = -1, bool verbose = false)
                        : this(optimizer, ForEachGroup(optimizer, base_lr), ForEachGroup(optimizer, max_lr),
                            step_size_up, step_size_down, mode, gamma, scale_fn, scale_mode, cycle_momentum,
                            ForEachGroup(optimizer, base_momentum), ForEachGroup(optimizer, max_momentum), last_epoch,
                            verbose)
                    {
                    }

                    public CyclicLR(Optimizer optimizer, IEnumerable<double> base_lr, IEnumerable<double> max_lr,
                        int step_size_up = 2000, int step_size_down = -1, Mode mode = Mode.Triangular,
                        double gamma = 1.0, Func<double, double> scale_fn = null,
                        ScaleMode scale_mode = ScaleMode.Cycle, bool cycle_momentum = true,
                        IEnumerable<double> base_momentum = null, IEnumerable<double> max_momentum = null,
                        int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        double down = step_size_down == -1 ? step_size_up : step_size_down;
                        _period = step_size_up + down;
                        _rise = step_size_up / _period;
                        // TorchSharp scales by the cycle for ExpRange too, where PyTorch does by the iteration.
                        _scale_mode = scale_fn is null ? ScaleMode.Cycle : scale_mode;
                        _scale = scale_fn ?? mode switch
                        {
                            Mode.Triangular2 => cycle => 1.0 / Math.Pow(2, cycle - 1),
                            Mode.ExpRange => cycle => Math.Pow(gamma, cycle),
                            _ => _ => 1.0,
                        };
                        _base_lrs = [.. base_lr];
                        _max_lrs = [.. max_lr];
                        var groups = optimizer.ParamGroups.ToList();
                        if (last_epoch == -1)
                            for (var i = 0; i < groups.Count; i++) groups[i].LearningRate = _base_lrs[i];
                        if (cycle_momentum)
                        {
                            if (optimizer is not IMomentum)
                                throw new ArgumentException("The optimizer has no momentum that could be cycled.");
                            _base_momentum = [.. base_momentum ?? ForEachGroup(optimizer, 0.8)];
                            _max_momentum = [.. max_momentum ?? ForEachGroup(optimizer, 0.9)];
                            if (last_epoch == -1)
                                for (var i = 0; i < groups.Count; i++)
                                    (groups[i] as IMomentum).Momentum = _base_momentum[i];
                        }
                        step();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        var cycle = Math.Floor(1.0 + _last_epoch / _period);
                        var position = 1.0 + _last_epoch / _period - cycle;
                        var height = position <= _rise ? position / _rise : (position - 1) / (_rise - 1);
                        var scale = _scale(_scale_mode == ScaleMode.Cycle ? cycle : _last_epoch);
                        return _optimizer.ParamGroups.Select((group, i) =>
                        {
                            // TorchSharp adds to the upper momentum, where PyTorch subtracts from it.
                            if (_max_momentum is not null)
                                (group as IMomentum).Momentum =
                                    _max_momentum[i] + (_max_momentum[i] - _base_momentum[i]) * height * scale;
                            return _base_lrs[i] + (_max_lrs[i] - _base_lrs[i]) * height * scale;
                        });
                    }
                }

                /// <summary>One rise of the rate to its maximum and one fall far below where it started.</summary>
                public class OneCycleLR : LRScheduler
                {
                    private readonly Func<double, double, double, double> _anneal;
                    private readonly Phase[] _phases;
                    private readonly bool _cycle_momentum;
                    private readonly int _total_steps;

                    public enum AnnealStrategy
                    {
                        Cos,
                        Linear
                    }

                    public OneCycleLR(Optimizer optimizer, double max_lr, int total_steps = -1, int epochs = -1,
                        int steps_per_epoch = -1, double pct_start = 0.3,
                        AnnealStrategy anneal_strategy = AnnealStrategy.Cos, bool cycle_momentum = true,
                        double base_momentum = 0.85, double max_momentum = 0.95, double div_factor = 25,
                        double final_div_factor = 1e4, bool three_phase = false, int last_epoch = -1,
                        bool verbose = false)
                        : this(optimizer, ForEachGroup(optimizer, max_lr), total_steps, epochs, steps_per_epoch,
                            pct_start, anneal_strategy, cycle_momentum, ForEachGroup(optimizer, base_momentum),
                            ForEachGroup(optimizer, max_momentum), div_factor, final_div_factor, three_phase,
                            last_epoch, verbose)
                    {
                    }

                    public OneCycleLR(Optimizer optimizer, IEnumerable<double> max_lr, int total_steps = -1,
                        int epochs = -1, int steps_per_epoch = -1, double pct_start = 0.3,
                        AnnealStrategy anneal_strategy = AnnealStrategy.Cos, bool cycle_momentum = true,
                        IEnumerable<double> base_momentum = null, IEnumerable<double> max_momentum = null,
                        double div_factor = 25, double final_div_factor = 1e4, bool three_phase = false,
                        int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        if (cycle_momentum && optimizer is not (IMomentum or IBetas))
                            throw new ArgumentException("The optimizer has no momentum that could be cycled.");
                        if (pct_start is < 0 or > 1)
                            throw new ArgumentException($"pct_start must lie between 0 and 1, and is {pct_start}.");
                        _cycle_momentum = cycle_momentum;
                        _total_steps = CountSteps(total_steps, epochs, steps_per_epoch);
                        _anneal = anneal_strategy == AnnealStrategy.Cos
                            ? (from, to, part) => to + (from - to) / 2.0 * (Math.Cos(Math.PI * part) + 1)
                            : (from, to, part) => (to - from) * part + from;

                        List<double> top = [.. max_lr];
                        List<double> initial = [.. top.Select(rate => rate / div_factor)];
                        List<double> last = [.. initial.Select(rate => rate / final_div_factor)];
                        List<double> low = [.. base_momentum ?? ForEachGroup(optimizer, 0.85)];
                        List<double> high = [.. max_momentum ?? ForEachGroup(optimizer, 0.95)];
                        var turn = pct_start * _total_steps;
                        _phases = three_phase
                            ? [
                                new(turn - 1, initial, top, high, low),
                                new(2 * pct_start * _total_steps - 2, top, initial, low, high),
                                new(_total_steps - 1, initial, last, high, high),
                            ]
                            : [
                                new(turn - 1, initial, top, high, low),
                                new(_total_steps - 1, top, last, low, high),
                            ];
                        if (last_epoch == -1 && cycle_momentum)
                        {
                            foreach (var (group, momentum) in optimizer.ParamGroups.Zip(high))
                                SetMomentum(group, momentum);
                        }
                        step();
                    }

                    private static int CountSteps(int total_steps, int epochs, int steps_per_epoch)
                    {
                        if (total_steps == -1 && epochs == -1 && steps_per_epoch == -1)
                            throw new ArgumentException("Give total_steps, or epochs and steps_per_epoch.");
                        if (total_steps != -1)
                            return total_steps > 0 ? total_steps
                                : throw new ArgumentException($"total_steps must be positive, and is {total_steps}.");
                        if (epochs <= 0) throw new ArgumentException($"epochs must be positive, and is {epochs}.");
                        if (steps_per_epoch <= 0)
                            throw new ArgumentException($"steps_per_epoch must be positive, and is {steps_per_epoch}.");
                        return epochs * steps_per_epoch;
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch > _total_steps)
                            throw new InvalidOperationException(
                                $"Step {_last_epoch + 1} of a schedule of {_total_steps} steps.");
                        return _optimizer.ParamGroups.Select((group, i) =>
                        {
                            var (rate, momentum) = ForGroup(i);
                            if (_cycle_momentum) SetMomentum(group, momentum);
                            return rate;
                        });
                    }

                    private (double Rate, double Momentum) ForGroup(int i)
                    {
                        var start = 0.0;
                        foreach (var phase in _phases)
                        {
                            // TorchSharp compares the group's index here, where PyTorch does the phase's: of several
                            // groups one is held to the first phase.
                            if (_last_epoch <= phase.End || i == _phases.Length - 1)
                            {
                                var part = (_last_epoch - start) / (phase.End - start);
                                return (_anneal(phase.FromRate[i], phase.ToRate[i], part),
                                    _anneal(phase.FromMomentum[i], phase.ToMomentum[i], part));
                            }
                            start = phase.End;
                        }
                        return (0, 0);
                    }

                    private static void SetMomentum(ILearningRateController group, double value)
                    {
                        if (group is IBetas betas) betas.Betas = (value, betas.Betas.Item2);
                        else (group as IMomentum).Momentum = value;
                    }

                    private readonly record struct Phase(double End, List<double> FromRate, List<double> ToRate,
                        List<double> FromMomentum, List<double> ToMomentum);
                }

                private static IEnumerable<T> ForEachGroup<T>(Optimizer optimizer, T value) =>
                    Enumerable.Repeat(value, optimizer.ParamGroups.Count());
            }
        }
    }
}
