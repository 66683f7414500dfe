using System.Runtime.CompilerServices;
using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// An average of a model's weights over its training, to be evaluated or saved in the place of the last ones: after each step
/// <code>
/// A &lt;- A + max(1 - decay, 1/n) (W - A)              n the number of updates
/// </code>
/// the mean of all updates at first, and from the 1/(1 - decay)-th on an exponential average. For any optimizer. Buffers of modules,
/// such as running means of batch normalization, are not averaged. Source: averages of iterates are Polyak's and Juditsky's (1992); of
/// a run's tail, mixed with the last weights, modded-nanogpt's, track 3, number 45.
/// </summary>
/// <example><code>
/// using var average = new WeightAverage(model, decay: 0.99);
/// ...
/// optimizer.step();
/// average.Update();
/// ...
/// using (average.Swap()) Evaluate(model);             // and the model has its own weights again
/// </code></example>
public sealed class WeightAverage : IDisposable
{
    private readonly Parameter[] _parameters;
    private readonly Tensor[] _averages;
    private readonly double _decay;
    private Swapped? _swapped;

    /// <summary>An average of the parameters of a model, of no update yet.</summary>
    /// <param name="model">On the device where it trains.</param>
    /// <param name="decay">In [0, 1]; 1: the mean of all updates.</param>
    [OverloadResolutionPriority(1)] // of a ParameterList, which is a module and a list
    public WeightAverage(nn.Module model, double decay = 0.99) : this(model.parameters(), decay) { }

    /// <summary>An average of parameters, of no update yet.</summary>
    /// <param name="parameters">On the device where they train.</param>
    /// <param name="decay">In [0, 1]; 1: the mean of all updates.</param>
    /// <exception cref="ArgumentException">decay is out of range.</exception>
    public WeightAverage(IEnumerable<Parameter> parameters, double decay = 0.99)
    {
        if (!(decay >= 0 && decay <= 1)) throw Require.Invalid(nameof(decay), decay, "at least 0 and at most 1");
        _decay = decay;
        _parameters = [.. parameters];
        using var grad = no_grad();
        _averages = [.. _parameters.Select(p => zeros(p.shape, device: p.device, dtype: p.dtype.Widened()).DetachFromDisposeScope())];
    }

    /// <summary>How many updates the average is of; to be set where <see cref="Averages"/> are, when a run is resumed.</summary>
    /// <exception cref="ArgumentException">It is set to less than 0.</exception>
    public long Updates
    {
        get;
        set
        {
            Require.AtLeast(value, 0, nameof(Updates));
            field = value;
        }
    }

    /// <summary>The averages, in the order of the parameters, in float32, or float64 of float64 parameters. To resume a run, save them and
    /// copy them back.</summary>
    public IReadOnlyList<Tensor> Averages => _averages;

    /// <summary>Takes the present weights in.</summary>
    /// <exception cref="InvalidOperationException">The model has the average at present.</exception>
    public void Update()
    {
        if (_swapped is not null) throw new InvalidOperationException("The model has its average; dispose what Swap returned, then go on.");
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var share = Math.Max(1 - _decay, 1.0 / ++Updates);
        foreach (var (parameter, average) in _parameters.Zip(_averages)) average.Mul_(1 - share).Add_(parameter.to(average.dtype), share);
    }

    /// <summary>Puts the average into the model: W &lt;- (1 - share) W + share A.</summary>
    /// <param name="share">In (0, 1].</param>
    /// <returns>Puts the weights back, bit for bit, when it is disposed.</returns>
    /// <exception cref="ArgumentException">share is out of range.</exception>
    /// <exception cref="InvalidOperationException">There was no update yet, or the model has the average already.</exception>
    public IDisposable Swap(double share = 1)
    {
        if (!(share > 0 && share <= 1)) throw Require.Invalid(nameof(share), share, "above 0 and at most 1");
        if (Updates == 0) throw new InvalidOperationException("The average is of no weights yet: call Update after a step.");
        if (_swapped is not null) throw new InvalidOperationException("The model has its average already.");
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        _swapped = new(this, [.. _parameters.Select(parameter => parameter.detach().clone().DetachFromDisposeScope())]);
        foreach (var (parameter, average) in _parameters.Zip(_averages))
            parameter.copy_(share == 1 ? average : parameter.to(average.dtype).Mul(1 - share).Add_(average, share));
        return _swapped;
    }

    /// <summary>Releases the average; weights that are swapped out are put back.</summary>
    public void Dispose()
    {
        _swapped?.Dispose();
        foreach (var average in _averages) average.Dispose();
    }

    private sealed class Swapped(WeightAverage average, Tensor[] weights) : IDisposable
    {
        public void Dispose()
        {
            if (average._swapped != this) return;
            using var grad = no_grad();
            foreach (var (parameter, own) in average._parameters.Zip(weights))
            {
                parameter.copy_(own);
                own.Dispose();
            }
            average._swapped = null;
        }
    }
}
