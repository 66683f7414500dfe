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
/// W' = W + b d                                      before the forward pass; b = strength lr / initial lr
/// W  &lt;- the optimizer's step from W' along the gradient at W'
/// d  &lt;- decay d + (1 - decay) (W - the old W)
/// </code>
/// It keeps one number an entry, and a second one between look-ahead and step.
/// </summary>
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
    private readonly (ParamGroup group, Parameter parameter)[] _parameters;
    private readonly Tensor[] _directions;
    private readonly double _strength, _decay;
    private readonly int _first, _last;
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
        _parameters = [.. optimizer.ParamGroups.Cast<ParamGroup>().SelectMany(group => group.Parameters.Select(p => (group, p)))];
        using var grad = no_grad();
        _directions = [.. _parameters.Select(p => Sums.Like(p.parameter))];
    }

    /// <summary>How many steps were taken; to be set where <see cref="Directions"/> are, when a run is resumed.</summary>
    public int Steps { get; set; }

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

    /// <summary>How much of its learning rate a group has by its schedule.</summary>
    private static double Share(ParamGroup group) =>
        group.InitialLearningRate > 0 ? group.LearningRate / group.InitialLearningRate : 1;

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
