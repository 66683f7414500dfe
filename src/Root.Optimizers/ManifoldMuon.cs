using Root.Optimizers.Core;
using Root.Optimizers.Manifolds;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// Manifold Muon (Bernstein, "Modular Manifolds", Thinking Machines, 2025): weights with orthonormal columns (rows
/// where they are wide), moved by the steepest descent in the spectral norm that keeps them so. For every matrix W of
/// the model
/// <code>
/// M &lt;- mu M + G                              momentum, in the ambient space; mu = 0 as published
/// A  = argmax &lt;M, A&gt;                         over ||A||_2 &lt;= 1, W^T A + A^T W = 0
///    = msign(M W^T - W M^T) W                exact; or the published dual ascent
/// W &lt;- retract(W - lr A)                     to the nearest orthonormal matrix, from (W - lr A) / sqrt(1 + lr^2)
/// </code>
/// With a radius r other than 1 the parameter is r W. On spheres A is the normalized tangent part of M; on the
/// Euclidean manifold, where nothing constrains it, A = msign(M), Muon's step. Parameters that are no matrices,
/// embeddings and output heads go to a built-in AdamW unless a route sends them here (see
/// <see cref="MatrixOptimizer.Routing"/>). Convolutions are flattened to (out, in * kh * kw).
/// </summary>
/// <remarks>
/// Weights that are not on their manifold are moved to its nearest point at construction;
/// <see cref="ManifoldOptimizer{TOptions}.Placements"/> says which and how far. A weight has no length that could decay: weight
/// decay acts on the Euclidean manifold and in the AdamW fallback only.
/// </remarks>
public partial class ManifoldMuon : ManifoldOptimizer<ManifoldMuon.Options>
{
    private readonly Dictionary<MatrixSlot, DualAscentReport> _reports = [];

    /// <summary>
    /// How near the published solver came to a tangent direction at the newest step, by parameter; empty with the exact
    /// solver.
    /// </summary>
    public IReadOnlyCollection<DualAscentReport> DualAscentReports => _reports.Values;

    private protected override Tensor Move(Tensor W, Tensor M, double lr, Manifold manifold, MatrixBatch batch,
        Options options) => manifold switch
    {
        Manifold.Stiefel when options.solver == StiefelSolver.DualAscent =>
            MoveByDualAscent(W, M, lr, batch, options),
        Manifold.Stiefel => Stiefel.Retract(W,
            StiefelTangent.Direction(W, M, options.form, options.SignType()), lr),
        Manifold.Euclidean => W.mul_(1 - lr * options.weight_decay)
            .sub_(DualAscent.MatrixSign(M, options.SignType() ?? M.dtype).mul_(lr)),
        _ => base.Move(W, M, lr, manifold, batch, options),
    };

    /// <summary>As published, its retraction by the matrix sign included.</summary>
    private Tensor MoveByDualAscent(Tensor W, Tensor M, double lr, MatrixBatch batch, Options options)
    {
        var signType = options.SignType() ?? ScalarType.BFloat16;
        DualAscent solved;
        try
        {
            solved = DualAscent.Solve(W, M, options.dual_alpha, options.dual_steps,
                options.dual_tolerance, signType);
        }
        catch (NotFiniteNumberException e)
        {
            throw new NotFiniteNumberException($"{string.Join(", ", batch.Slots.Select(slot => slot.Label))}: {e.Message} "
                + "Parameters before these have taken this step: restore a checkpoint.", e);
        }
        foreach (var (slot, i) in batch.Slots.Select((slot, i) => (slot, i)))
            _reports[slot] = new(slot.Routed, solved.Residual[i], solved.Iterations[i]);
        return DualAscent.MatrixSign(W.sub_(solved.A.mul_(lr)), signType);
    }
}

/// <summary>How a tangent direction on the Stiefel manifold is found.</summary>
public enum StiefelSolver
{
    /// <summary>In closed form: tangent and optimal to rounding, at every scale of the gradient.</summary>
    Exact,

    /// <summary>
    /// The published iteration on the dual, with its retraction; for comparison. It depends on the gradient's scale,
    /// seldom converges within its steps, and leaves singular values as far from 1 as its matrix sign does. Should its matrix
    /// sign diverge, the step throws a NotFiniteNumberException midway and names the parameters.
    /// </summary>
    DualAscent,
}

/// <summary>What the dual ascent reached for one parameter.</summary>
/// <param name="Parameter">Name, shape and route.</param>
/// <param name="Residual">||W^T A + A^T W||_F / n: 0 for a tangent direction.</param>
/// <param name="Iterations">How many matrix signs it took.</param>
public sealed record DualAscentReport(RoutedParameter Parameter, double Residual, int Iterations);
