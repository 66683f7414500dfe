namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>The initial rate times a function of the epoch.</summary>
                public class LambdaLR : LRScheduler
                {
                    private readonly List<Func<int, double>> _factors;

                    public LambdaLR(Optimizer optimizer, Func<int, double> lr_lambda, int last_epoch = -1,
                        bool verbose = false)
                        : this(optimizer, ForEachGroup(optimizer, lr_lambda), last_epoch, verbose)
                    {
                    }

                    public LambdaLR(Optimizer optimizer, IEnumerable<Func<int, double>> lr_lambdas,
                        int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        _factors = [.. lr_lambdas];
                        step();
                    }

                    protected override IEnumerable<double> get_lr() =>
                        _base_lrs.Zip(_factors, (rate, factor) => rate * factor(_last_epoch));
                }

                /// <summary>The last rate times a function of the epoch.</summary>
                public class MultiplicativeLR : LRScheduler
                {
                    private readonly List<Func<int, double>> _factors;

                    public MultiplicativeLR(Optimizer optimizer, Func<int, double> lr_lambda, int last_epoch = -1,
                        bool verbose = false)
                        : this(optimizer, ForEachGroup(optimizer, lr_lambda), last_epoch, verbose)
                    {
                    }

                    public MultiplicativeLR(Optimizer optimizer, IEnumerable<Func<int, double>> lr_lambdas,
                        int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        _factors = [.. lr_lambdas];
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => _last_epoch > 0
                        ? Current(1).Zip(_factors, (rate, factor) => rate * factor(_last_epoch))
                        : Current(1);
                }

                public class StepLR : LRScheduler
                {
                    private readonly int _step_size;
                    private readonly double _gamma;

                    public StepLR(Optimizer optimizer, int step_size, double gamma = 0.1, int last_epoch = -1,
                        bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        _step_size = step_size;
                        _gamma = gamma;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() =>
                        Current(_last_epoch == 0 || _last_epoch % _step_size != 0 ? 1 : _gamma);

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        Base(Math.Pow(_gamma, _last_epoch / _step_size));
                }

                public class MultiStepLR : LRScheduler
                {
                    private readonly IList<int> _milestones;
                    private readonly double _gamma;

                    public MultiStepLR(Optimizer optimizer, IList<int> milestones, double gamma = 0.1,
                        int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        _milestones = milestones;
                        _gamma = gamma;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() =>
                        Current(_milestones.Contains(_last_epoch) ? _gamma : 1);

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        Base(Math.Pow(_gamma, _milestones.Distinct().Count(milestone => milestone <= _last_epoch)));
                }

                public class ExponentialLR : LRScheduler
                {
                    private readonly double _gamma;

                    public ExponentialLR(Optimizer optimizer, double gamma = 0.1, int last_epoch = -1,
                        bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        _gamma = gamma;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => Current(_last_epoch == 0 ? 1 : _gamma);

                    protected override IEnumerable<double> get_closed_form_lr() => Base(Math.Pow(_gamma, _last_epoch));
                }

                public class PolynomialLR : LRScheduler
                {
                    private readonly double _total_iters;
                    private readonly double _power;

                    public PolynomialLR(Optimizer optimizer, int total_iters = 5, double power = 1.0,
                        int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        _total_iters = total_iters;
                        _power = power;
                        step();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch == 0 || _last_epoch > _total_iters) return Current(1);
                        var decay = (1 - _last_epoch / _total_iters) / (1 - (_last_epoch - 1) / _total_iters);
                        return Current(_power == 1 ? decay : Math.Pow(decay, _power));
                    }

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        Base(Math.Pow(1 - Math.Min(_total_iters, _last_epoch) / _total_iters, _power));
                }

                /// <summary>A constant factor of the rate for the first iterations.</summary>
                public class ConstantLR : LRScheduler
                {
                    private readonly double _factor;
                    private readonly int _total_iters;

                    public ConstantLR(Optimizer optimizer, double factor = 1.0 / 3, int total_iters = 5,
                        int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        _factor = factor;
                        _total_iters = total_iters;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() =>
                        Current(_last_epoch == 0 ? _factor : _last_epoch == _total_iters ? 1.0 / _factor : 1);

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        Base(_last_epoch >= _total_iters ? 1 : _factor);
                }

                /// <summary>A factor of the rate that goes linearly from one number to another.</summary>
                public class LinearLR : LRScheduler
                {
                    private readonly double _start;
                    private readonly double _change;
                    private readonly int _total_iters;

                    public LinearLR(Optimizer optimizer, double start_factor = 1.0 / 3, double end_factor = 1.0,
                        int total_iters = 5, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        _start = start_factor;
                        _change = end_factor - start_factor;
                        _total_iters = total_iters;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => Current(
                        _last_epoch == 0 ? _start
                        : _last_epoch > _total_iters ? 1
                        : 1 + _change / (_total_iters * _start + (_last_epoch - 1) * _change));

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        Base(_start + _change * Math.Min(_total_iters, _last_epoch) / _total_iters);
                }

                public class CosineAnnealingLR : LRScheduler
                {
                    private readonly double _period;
                    private readonly double _floor;

                    public CosineAnnealingLR(Optimizer optimizer, double T_max, double eta_min = 0,
                        int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        _period = T_max;
                        _floor = eta_min;
                        step();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch == 0) return Current(1);
                        // After the bottom the quotient would divide by 0.
                        if ((_last_epoch - 1 - _period) % (2 * _period) == 0)
                            return Current(1).Zip(_base_lrs, (rate, top) =>
                                rate + (top - _floor) * (1 - Math.Cos(Math.PI / _period)) / 2);
                        var quotient = Height(_last_epoch) / Height(_last_epoch - 1);
                        return Current(1).Select(rate => quotient * (rate - _floor) + _floor);
                    }

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        _base_lrs.Select(rate => _floor + (rate - _floor) * Height(_last_epoch) / 2);

                    private double Height(int epoch) => 1 + Math.Cos(Math.PI * epoch / _period);
                }
            }
        }
    }
}
