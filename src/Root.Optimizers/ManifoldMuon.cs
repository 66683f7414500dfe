using Root.Optimizers.Core;
using Root.Optimizers.Manifolds;
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

    /// <inheritdoc />
    protected override void Update(MatrixBatch batch, Options options)
    {
        var (manifold, radius, _) = (Home)batch.Plan!;
        var M = batch.Accumulate(options.momentum, nesterov: false);
        if (manifold is Euclidean free) batch.Descend(free.Direction(M), options, scale: radius);
        else if (manifold is not Stiefel) Move(batch, options, (W, lr) => manifold.Step(W, M, lr));
        else if (options.solver is not StiefelSolver.DualAscent dual) Move(batch, options, (W, lr) => options.solver.Step(W, M, lr));
        else Move(batch, options, (W, lr) => dual.Retract(W, Solve(dual, W, M, batch), lr));
    }

    /// <summary>Of the dual ascent, with a report for every parameter.</summary>
    private Tensor Solve(StiefelSolver.DualAscent dual, Tensor W, Tensor M, MatrixBatch batch)
    {
        try
        {
            var solution = dual.Solve(W, M);
            foreach (var (slot, i) in batch.Slots.Select((slot, i) => (slot, i)))
                _reports[slot] = new(slot.Routed, solution.Residual[i], solution.Iterations[i]);
            return solution.A;
        }
        catch (NotFiniteNumberException e)
        {
            throw new NotFiniteNumberException($"{string.Join(", ", batch.Slots.Select(slot => slot.Label))}: {e.Message} "
                + "Parameters before these have taken this step: restore a checkpoint.", e);
        }
    }
}

/// <summary>What the dual ascent reached for one parameter.</summary>
/// <param name="Parameter">Name, shape and route.</param>
/// <param name="Residual">||W^T A + A^T W||_F / n: 0 for a tangent direction.</param>
/// <param name="Iterations">How many matrix signs it took.</param>
public sealed record DualAscentReport(RoutedParameter Parameter, double Residual, int Iterations);
