namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>Sets the learning rate of every group of an optimizer, once a step.</summary>
            public abstract class LRScheduler
            {
                internal Optimizer _optimizer;
                internal int _last_epoch = -1;
                internal bool _verbose;
                internal IList<double> _last_lrs;
                internal IList<double> _base_lrs;

                protected int _step_count;

                protected LRScheduler()
                {
                }

                protected LRScheduler(Optimizer optimizer, int last_epoch = -1, bool verbose = false)
                {
                    _optimizer = optimizer;
                    _last_epoch = last_epoch;
                    _verbose = verbose;
                    _base_lrs = [.. optimizer.ParamGroups.Select(group => group.InitialLearningRate)];
                    _last_lrs = [.. optimizer.ParamGroups.Select(group => group.LearningRate)];
                }

                public virtual void step() => step(null);

                /// <summary>With an epoch, jumps there by the closed form, where the scheduler has one.</summary>
                public virtual void step(int? epoch)
                {
                    _step_count++;
                    _last_epoch = epoch ?? _last_epoch + 1;
                    // get_lr may change the scheduler and the optimizer, so it is evaluated exactly once.
                    var rates = (epoch.HasValue ? get_closed_form_lr() : get_lr()).ToList();
                    var groups = _optimizer.ParamGroups.ToList();
                    for (var i = 0; i < _base_lrs.Count; i++)
                    {
                        groups[i].LearningRate = rates[i];
                        if (_verbose && _last_lrs[i] != rates[i])
                            Console.WriteLine($"Adjusting learning rate to {rates[i]}");
                        _last_lrs[i] = rates[i];
                    }
                }

                public virtual void step(double current, int? epoch = null) => step(epoch);

                protected virtual IEnumerable<double> get_lr() => Current(1);

                protected virtual IEnumerable<double> get_closed_form_lr() => get_lr();

                public IEnumerable<double> get_last_lr() => _last_lrs;

                internal IEnumerable<double> Current(double factor) =>
                    _optimizer.ParamGroups.Select(group => group.LearningRate * factor);

                internal IEnumerable<double> Base(double factor) => _base_lrs.Select(rate => rate * factor);
            }
        }
    }
}
