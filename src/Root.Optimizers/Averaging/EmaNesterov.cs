using Root.Optimizers.Averaging;
using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// A look-ahead around any optimizer: gradients are taken where the training has been going, and the step is made from there (EMA-Nesterov,
/// arXiv 2605.25395; as modded-nanogpt, track 3, number 39, has it):
/// <code>
/// W' = W + b d                                      before the forward pass; b = strength lr / largest lr
/// W  &lt;- the optimizer's step from W' along the gradient at W'
/// d  &lt;- decay d + (1 - decay) (W - the old W)
/// </code>
/// The largest rate is that of the group so far, and at least the one that the optimizer was made with: b is never above strength. While a
/// schedule raises the rate beyond that one, as OneCycleLR may, b is strength itself; make the optimizer with the schedule's peak to have
/// less then. It keeps one number an entry, and a second one between look-ahead and step.
/// </summary>
/// <remarks>W' is rounded to the parameter's type. Of 16 bits, what of b d is less than half the distance to the next number is dropped,
/// and of a weight that does move the optimizer's float32 master begins at the rounded W', as after any change from outside.</remarks>
/// <example><code>
/// using var optimizer = new RootOptimizer(model, lr: 2e-3);
/// using var ahead = new EmaNesterov(optimizer);
/// ...
/// ahead.LookAhead();
/// optimizer.zero_grad();
/// loss(model.forward(inputs), targets).backward();
/// ahead.step();
/// </code></example>
public sealed class EmaNesterov : IDisposable
{
    private readonly optim.Optimizer _optimizer;
    private readonly ParamGroup[] _groups;
    private readonly (int group, Parameter parameter)[] _parameters;
    private readonly Tensor[] _directions;
    private readonly double _strength, _decay;
    private readonly int _first, _last;
    private double[] _largestRates;
    private Tensor[]? _before;

    /// <summary>A look-ahead around an optimizer.</summary>
    /// <param name="optimizer">With all of its groups; not disposed with this.</param>
    /// <param name="strength">Of the look-ahead; at least 0.</param>
    /// <param name="decay">Of the direction, in [0, 1).</param>
    /// <param name="first">The first step that looks ahead, counted from 0; before, the direction is only gathered.</param>
    /// <param name="last">The first step that does so no more: the last tenth or fifth of a run is better without.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public EmaNesterov(optim.Optimizer optimizer, double strength = 0.6, double decay = 0.99, int first = 0, int last = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        Require.NotNegative(strength);
        Require.UnitInterval(decay);
        Require.AtLeast(first, 0);
        Require.AtLeast(last, first);
        (_optimizer, _strength, _decay, _first, _last) = (optimizer, strength, decay, first, last);
        _groups = [.. optimizer.ParamGroups.Cast<ParamGroup>()];
        _largestRates = [.. _groups.Select(group => group.InitialLearningRate)];
        _parameters = [.. _groups.SelectMany((group, index) => group.Parameters.Select(p => (index, p)))];
        using var grad = no_grad();
        _directions = [.. _parameters.Select(p => Sums.Like(p.parameter))];
    }

    /// <summary>How many steps were taken; to be set where <see cref="Directions"/> are, when a run is resumed.</summary>
    /// <exception cref="ArgumentException">It is set to less than 0.</exception>
    public int Steps
    {
        get;
        set
        {
            Require.AtLeast(value, 0, nameof(Steps));
            field = value;
        }
    }

    /// <summary>The largest learning rate that each of the optimizer's groups has had, its initial one included; to be set where
    /// <see cref="Directions"/> are, when a run is resumed whose schedule goes above the initial rate.</summary>
    /// <exception cref="ArgumentException">It is set to another number of rates than there are groups, or to one that is negative or not
    /// finite.</exception>
    public IReadOnlyList<double> LargestRates
    {
        get => [.. _largestRates];
        set
        {
            if (value.Count != _groups.Length)
                throw new ArgumentException($"{value.Count} rates were given for {_groups.Length} groups.", nameof(LargestRates));
            foreach (var rate in value) Require.NotNegative(rate, nameof(LargestRates));
            _largestRates = [.. value];
        }
    }

    /// <summary>d of every parameter, in the order of the groups, in float32, or float64 of float64 parameters. To resume a run, save them
    /// between two steps and copy them back.</summary>
    public IReadOnlyList<Tensor> Directions => _directions;

    /// <summary>Before the forward pass of each step: W &lt;- W + b d. What is evaluated or saved is better before it.</summary>
    /// <exception cref="InvalidOperationException">It has been called, and no step since.</exception>
    public void LookAhead()
    {
        if (_before is not null) throw new InvalidOperationException("LookAhead has been called for this step.");
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        _before = [.. _parameters.Select(p => p.parameter.detach().clone().DetachFromDisposeScope())];
        for (var i = 0; i < _groups.Length; i++) _largestRates[i] = Math.Max(_largestRates[i], _groups[i].LearningRate);
        if (Steps < _first || Steps >= _last) return;
        foreach (var ((group, parameter), direction) in _parameters.Zip(_directions))
            parameter.Add_(direction.to(parameter.dtype), _strength * Share(group));
    }

    /// <summary>The optimizer's step, and what it says of the direction. What the optimizer throws goes through, and the weights are back
    /// where they were before the look-ahead.</summary>
    /// <param name="closure">Reevaluates the model and returns the loss. Then <see cref="LookAhead"/> is called here.</param>
    /// <returns>The closure's loss, or null.</returns>
    /// <exception cref="InvalidOperationException">There is no closure, and LookAhead was not called.</exception>
    public Tensor? step(Func<Tensor>? closure = null)
    {
        if (closure is not null && _before is null) LookAhead();
        if (_before is null) throw new InvalidOperationException("Call LookAhead before the forward pass.");
        try
        {
            var loss = _optimizer.step(closure);
            Gather(_before);
            Steps++;
            return loss;
        }
        catch
        {
            using var grad = no_grad();
            foreach (var ((_, parameter), before) in _parameters.Zip(_before)) parameter.copy_(before);
            throw;
        }
        finally
        {
            foreach (var before in _before) before.Dispose();
            _before = null;
        }
    }

    /// <summary>d &lt;- decay d + (1 - decay) (W - the old W).</summary>
    private void Gather(Tensor[] old)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        for (var i = 0; i < old.Length; i++)
        {
            var direction = _directions[i];
            direction.Mul_(_decay).Add_(_parameters[i].parameter.to(direction.dtype).sub(old[i].to(direction.dtype)), 1 - _decay);
        }
    }

    /// <summary>How much of its largest learning rate a group has.</summary>
    private double Share(int group) => _largestRates[group] > 0 ? _groups[group].LearningRate / _largestRates[group] : 0;

    /// <summary>Releases the directions; a look-ahead without a step is taken back.</summary>
    public void Dispose()
    {
        using var grad = no_grad();
        foreach (var ((_, parameter), before) in _parameters.Zip(_before ?? []))
        {
            parameter.copy_(before);
            before.Dispose();
        }
        _before = null;
        foreach (var direction in _directions) direction.Dispose();
    }
}
