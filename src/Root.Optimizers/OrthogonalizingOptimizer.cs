using Root.Optimizers.Core;
using Root.Optimizers.LinearAlgebra;
using Root.Optimizers.Normalizing;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// The base of optimizers that step along an orthogonalized momentum: what <see cref="OrthogonalizingOptions"/> does before and after
/// the orthogonalization.
/// </summary>
/// <typeparam name="TOptions">The optimizer's options.</typeparam>
public abstract class OrthogonalizingOptimizer<TOptions> : MatrixOptimizer<TOptions> where TOptions : OrthogonalizingOptions, new()
{
    /// <summary>An optimizer over parameter groups.</summary>
    /// <param name="groups">At least one.</param>
    /// <param name="options">What the groups inherit; copied.</param>
    /// <param name="process_group">The ranks that share the work and state of every step; null: this process does all.</param>
    protected OrthogonalizingOptimizer(IEnumerable<ParamGroup> groups, TOptions? options, IProcessGroup? process_group = null)
        : base(groups, options, process_group)
    {
    }

    /// <inheritdoc />
    protected override IReadOnlyList<StateBuffer> Buffers(MatrixShape shape, TOptions options) => options.normuon_beta2 is null
        ? base.Buffers(shape, options)
        : [.. base.Buffers(shape, options), SecondMoment.Buffer(shape)];

    /// <inheritdoc />
    protected override object? PlanOf(MatrixPart part, TOptions options) => options.normuon_beta2;

    /// <summary>Before the orthogonalization: the momentum, balanced in place as
    /// <see cref="OrthogonalizingOptions.row_balance"/> says.</summary>
    /// <param name="momentum">(b, rows, columns), in float32 or float64; overwritten.</param>
    /// <param name="options">The group's.</param>
    /// <returns><paramref name="momentum"/> itself.</returns>
    protected static Tensor Balance_(Tensor momentum, TOptions options) => Equilibration.Apply_(momentum, options.row_balance);

    /// <summary>After it: steps the parameters of a batch along the update, with <see cref="OrthogonalizingOptions.normuon_beta2"/>'s
    /// second moment, and as <see cref="OrthogonalizingOptions.radial_brake"/> says.</summary>
    /// <param name="batch">Whose parameters.</param>
    /// <param name="updates">U, (b, rows, columns); may be overwritten.</param>
    /// <param name="options">The group's.</param>
    protected static void Descend(MatrixBatch batch, Tensor updates, TOptions options)
    {
        if (batch.Plan is double beta2) updates = SecondMoment.Apply_(updates, batch, beta2);
        if (options.radial_brake)
        {
            var (first, W) = (batch.Parts[0], batch.Parameters());
            batch.Assign(RadialBrake.Step_(W, updates.to(W.dtype), options.LearningRate!.Value * first.Slot.Share,
                options.FactorOf(first), options));
        }
        else batch.Descend(updates, options);
    }
}
