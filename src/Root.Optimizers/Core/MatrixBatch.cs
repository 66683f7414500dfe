using Root.Optimizers.Core.State;
using Root.Optimizers.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Core;

/// <summary>
/// The matrices of one shape, type, device and plan that a step updates together, stacked: (b, rows, columns), in float32, or
/// float64 for float64 parameters.
/// </summary>
public sealed class MatrixBatch
{
    private readonly MatrixBundle _bundle;
    private readonly Verdict _verdict;

    /// <summary>Parameters of so many entries are changed one by one: to join them and copy them back takes longer than the calls. Source:
    /// an H100 reads and writes 4 M of float32 in some 12 microseconds, and two calls take the host 15 (November 2026).</summary>
    private const long LeastAlone = 1 << 22;

    internal MatrixBatch(MatrixBundle bundle, IReadOnlyList<MatrixPart> parts, StepWatch? watch)
    {
        (_bundle, Parts) = (bundle, parts);
        if (watch is not null) Watch = new(watch, this);
        _verdict = Verdict.Of(parts);
    }

    /// <summary>The parameters' parts in the batch, in the order in which they are stacked.</summary>
    public IReadOnlyList<MatrixPart> Parts { get; }

    /// <summary>The shape of each matrix.</summary>
    public MatrixShape Shape => First.Shape;

    /// <summary>What the optimizer has planned for these parameters.</summary>
    public object? Plan => First.Plan;

    /// <summary>The parameters' type.</summary>
    public ScalarType Type => First.Slot.Parameter.dtype;

    /// <summary>Where they are.</summary>
    public Device Device => First.Slot.Parameter.device;

    /// <summary>Shows the batch to an observer; null: nobody watches.</summary>
    internal BatchWatch? Watch { get; }

    private MatrixPart First => Parts[0];

    /// <summary>The element type of an iteration over these matrices.</summary>
    public ScalarType TypeFor(Precision precision) => precision.Resolve(Type, First.Slot.Parameter.device_type, Shape.Shorter);

    /// <summary>A buffer that the optimizer keeps, beside the momentum.</summary>
    /// <param name="name">Of the <see cref="StateBuffer"/>.</param>
    public BatchBuffer this[string name] => new(this, name);

    /// <summary>
    /// Heavy-ball momentum, in place: M &lt;- mu M + G. Returns G + mu M with Nesterov, else M, stacked.
    /// </summary>
    /// <returns>(b, rows, columns), new.</returns>
    public Tensor Accumulate(double mu, bool nesterov) =>
        Momentum(mu, gradientShare: 1, (M, G) => nesterov ? G.Add(M, mu) : M.clone());

    /// <summary>
    /// Momentum as an exponential average, in place: M &lt;- mu M + (1 - mu) G. Returns mu M + (1 - mu) G of the new M with
    /// Nesterov, else M, stacked.
    /// </summary>
    /// <returns>(b, rows, columns), new.</returns>
    public Tensor Average(double mu, bool nesterov) =>
        Momentum(mu, gradientShare: 1 - mu, (M, G) => nesterov ? M.Mul(mu).Add_(G, 1 - mu) : M.clone());

    /// <summary>M &lt;- mu M + share G, in place, and what is made of the new M and G.</summary>
    private Tensor Momentum(double mu, double gradientShare, Func<Tensor, Tensor, Tensor> result)
    {
        using var scope = NewDisposeScope();
        var G = Stack(slot => slot.Gradient!.Value.Value);
        var left = StaleMomentum.Left(this, G, mu);
        var M = Change(StateBuffer.MomentumName, (M, verdict) => verdict.ScaleAndAdd_(M, left, mu, G, gradientShare));
        var momentum = result(M, G).MoveToOuterDisposeScope();
        Watch?.OnMomentum(momentum);
        return momentum;
    }

    /// <summary>theta &lt;- (1 - lr decay) theta - lr scale U, with the factor of the shape that the options name.</summary>
    /// <param name="updates">U, (b, rows, columns).</param>
    /// <param name="options">The group's.</param>
    public void Descend(Tensor updates, OrthogonalizingOptions options) => Descend(updates, options, options.FactorOf(First));

    /// <summary>
    /// theta &lt;- (1 - lr decay) theta - lr scale U, for each parameter of the batch, lr times its share; cautious: entries do not
    /// decay that the step moves away from 0.
    /// </summary>
    /// <param name="updates">U, (b, rows, columns).</param>
    /// <param name="options">The group's.</param>
    /// <param name="scale">A factor of the update.</param>
    public void Descend(Tensor updates, MatrixOptions options, double scale = 1)
    {
        using var scope = NewDisposeScope();
        Watch?.OnUpdate(updates);
        var rate = options.LearningRate!.Value * First.Slot.Share;
        var decay = rate * options.weight_decay;
        ChangeParameters(updates, (theta, U, verdict) =>
        {
            if (options.cautious) verdict.Change(theta, theta => WeightDecay.Cautiously_(theta, U, decay));
            verdict.ScaleAndAdd_(theta, null, options.cautious ? 1 : 1 - decay, U, -rate * scale);
        });
    }

    /// <summary>The parameters, stacked as <see cref="Accumulate"/> stacks their momentum; a copy.</summary>
    public Tensor Parameters()
    {
        using var scope = NewDisposeScope();
        return (HasMasters
                ? Buffer(ParameterState.MasterName, Shape).stacked
                : Stack(slot => slot.Parameter))
            .to(Type.Widened(), copy: true).MoveToOuterDisposeScope();
    }

    /// <summary>theta &lt;- W, for each parameter of the batch.</summary>
    /// <param name="values">W, (b, rows, columns).</param>
    public void Assign(Tensor values)
    {
        using var scope = NewDisposeScope();
        Watch?.OnAssigned(values);
        ChangeParameters(values, (theta, W, verdict) => verdict.Change(theta, theta => theta.copy_(W)));
    }

    private bool HasMasters => First.Slot.State.Master is not null;

    /// <summary>Takes over entries of 16-bit parameters that somebody else has changed since the last step.</summary>
    internal void RefreshMasters()
    {
        if (!HasMasters) return;
        using var scope = NewDisposeScope();
        var theta = Stack(slot => slot.Parameter);
        var (masters, isView) = Buffer(ParameterState.MasterName, Shape);
        masters.copy_(ParameterState.Refreshed(masters, theta));
        if (!isView) PutBack(ParameterState.MasterName, masters);
    }

    /// <summary>Changes a buffer of all matrices in place, but where the step is lost.</summary>
    /// <param name="name">Of the buffer.</param>
    /// <param name="change">Of the stacked buffer, (b, buffer rows, buffer columns), in float32 or float64.</param>
    /// <returns>It, changed, before it is rounded to a shorter type; only to be read.</returns>
    internal Tensor Change(string name, Action<Tensor> change) => Change(name, (buffer, verdict) => verdict.Change(buffer, change));

    private Tensor Change(string name, Action<Tensor, Verdict> change)
    {
        var shape = First.Slot.State.ShapeOf(First, name);
        var (stacked, isView) = Buffer(name, shape);
        var wide = stacked.Widened();
        change(wide, _verdict);
        if (!isView) PutBack(name, wide);
        else if (!ReferenceEquals(wide, stacked)) stacked.copy_(wide);
        return wide;
    }

    /// <summary>A buffer of all matrices, stacked: a view where they lie side by side and all of them are in the batch, else a
    /// copy.</summary>
    private (Tensor stacked, bool isView) Buffer(string name, MatrixShape shape)
    {
        if (Parts.Count == _bundle.Parts.Count && _bundle.Stacked(name, shape) is { } side) return (side, true);
        var own = Parts.Select(part => part.Slot.State.Stacked(part, name)).ToArray();
        return own.Length == 1 ? (own[0], First.IsWhole) : (cat(own, 0), false);
    }

    /// <summary>Copies what <see cref="Buffer"/> gave back to the parameters' own buffers.</summary>
    private void PutBack(string name, Tensor stacked)
    {
        foreach (var (part, its) in Parts.Zip(Split(stacked))) part.Slot.State.Put(part, name, its);
    }

    /// <summary>
    /// Changes the parameters in place, those of 16 bits by way of their float32 masters, or else of a float32 copy; but not where the
    /// step is lost.
    /// </summary>
    /// <param name="values">(b, rows, columns).</param>
    /// <param name="change">Of parameters, in float32 or float64, by values of the same shape: entry by entry, and as the verdict
    /// says.</param>
    private void ChangeParameters(Tensor values, Action<Tensor, Tensor, Verdict> change)
    {
        if (Watch is null) ChangeUnwatched(values, change);
        else Watch.Change(values, change);
    }

    internal void ChangeUnwatched(Tensor values, Action<Tensor, Tensor, Verdict> change)
    {
        if (HasMasters)
            PutParameters(Change(ParameterState.MasterName, (masters, verdict) => change(masters, values, verdict)));
        else if (Type.IsWide() && (Parts.Count == 1 || First.Slot.Entries >= LeastAlone))
            foreach (var (part, its) in Parts.Zip(Split(values)))
            {
                var theta = part.Of(part.Slot.Parameter);
                change(theta, part.Unstack(its, theta.shape), Verdict.Of([part]));
            }
        else
        {
            var theta = Stack(slot => slot.Parameter).Widened();
            change(theta, values, _verdict);
            PutParameters(theta);
        }
    }

    /// <summary>Tensors of the parameters' shapes, stacked: (b, rows, columns). A copy, but of one member where it can be a view.</summary>
    private Tensor Stack(Func<Slot, Tensor> of) =>
        Parts.Count == 1 ? First.Stack(First.Of(of(First.Slot)))
        : _bundle.AlongRows ? cat(Parts.Select(part => of(part.Slot)).ToArray(), 0).reshape(-1, Shape.Rows, Shape.Columns)
        : cat(Parts.Select(part => part.Stack(part.Of(of(part.Slot)))).ToArray(), 0);

    private void PutParameters(Tensor stacked)
    {
        if (_bundle.AlongRows)
        {
            var shape = First.Slot.Shape;
            var joined = shape.Length == 2 ? stacked.view(-1, shape[1]) : stacked.view([-1, .. shape.AsSpan(1)]);
            var start = 0L;
            foreach (var part in Parts)
            {
                using var its = joined.narrow(0, start, part.Slot.Shape[0]);
                part.Slot.Parameter.copy_(its);
                start += part.Slot.Shape[0];
            }
            return;
        }
        foreach (var (part, its) in Parts.Zip(Split(stacked)))
        {
            var theta = part.Of(part.Slot.Parameter);
            theta.copy_(part.Unstack(its, theta.shape));
        }
    }

    /// <summary>What of a stacked tensor belongs to each part.</summary>
    private Tensor[] Split(Tensor stacked) =>
        Parts.Count == 1 ? [stacked] : stacked.split(Parts.Select(part => (long)part.Blocks).ToArray(), 0);
}
