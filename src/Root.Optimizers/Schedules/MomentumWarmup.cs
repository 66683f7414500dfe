using static TorchSharp.torch;
using static TorchSharp.torch.optim.lr_scheduler;

namespace Root.Optimizers;

/// <summary>
/// Raises momentum in a straight line over the first steps: mu(t) = from + (to - from) min(1, t / steps), t the number of steps taken. A
/// momentum of 0.95 averages twenty gradients, which early in a run are of a model that is no more; Muon's own runs begin at 0.85 and take
/// 300 steps to 0.95. Of any optimizer that has momentum (<see cref="optim.IMomentum"/>), beside a scheduler of the learning rate, which
/// it leaves alone.
/// </summary>
/// <example><code>
/// var momentum = new MomentumWarmup(optimizer, steps: 300);
/// var rate = lr_scheduler.CosineAnnealingLR(optimizer, 10_000);
/// ...
/// optimizer.step();
/// rate.step();
/// momentum.step();
/// </code></example>
public sealed class MomentumWarmup : LRScheduler
{
    private readonly (optim.IMomentum holder, double to)[] _ends;
    private readonly double _from;
    private readonly int _length;
    private int _taken;

    /// <summary>A warm-up that begins at once: momentum becomes <paramref name="from"/>.</summary>
    /// <param name="optimizer">Whose groups, or which itself, has momentum.</param>
    /// <param name="steps">The length, at least 1.</param>
    /// <param name="from">The first momentum, in [0, 1].</param>
    /// <param name="to">The last, in [0, 1]; null: what each group has.</param>
    /// <exception cref="ArgumentException">Nothing here has momentum, or a number is out of range.</exception>
    public MomentumWarmup(optim.Optimizer optimizer, int steps, double from = 0.85, double? to = null)
        : base(optimizer ?? throw new ArgumentNullException(nameof(optimizer)), last_epoch: 0) // -1 would overwrite groups' initial rates
    {
        Require.AtLeast(steps, 1);
        Require.Momentum(from);
        if (to is { } end) Require.Momentum(end, nameof(to));
        var holders = optimizer.ParamGroups.OfType<optim.IMomentum>().ToArray();
        if (holders.Length == 0 && optimizer is optim.IMomentum itself) holders = [itself];
        if (holders.Length == 0) throw new ArgumentException($"{optimizer.GetType().Name} has no momentum.", nameof(optimizer));
        _ends = [.. holders.Select(holder => (holder, to ?? holder.Momentum))];
        (_from, _length) = (from, steps);
        Set();
    }

    /// <summary>After each step of the optimizer: the next momentum, or that after so many steps. Learning rates stay;
    /// <see cref="LRScheduler.get_last_lr"/> says what they were then.</summary>
    /// <param name="epoch">At least 0.</param>
    public override void step(int? epoch)
    {
        if (epoch is { } steps) Require.AtLeast(steps, 0, nameof(epoch));
        base.step(null); // notes the rates
        _taken = epoch ?? _taken + 1;
        Set();
    }

    private void Set()
    {
        var share = Math.Min(1, (double)_taken / _length);
        foreach (var (holder, to) in _ends) holder.Momentum = _from + (to - _from) * share;
    }
}
