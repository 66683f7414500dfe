using Root.Optimizers.Core;
using Root.Optimizers.LinearAlgebra;
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
    private readonly Dictionary<MatrixPart, DualAscentReport> _reports = [];

    /// <summary>
    /// How near the published solver came to a tangent direction at the newest step, by parameter; empty with the exact
    /// solver. In a group of ranks: for those that this rank steps.
    /// </summary>
    public IReadOnlyCollection<DualAscentReport> DualAscentReports => _reports.Values;

    /// <inheritdoc />
    protected override void Update(MatrixBatch batch, Options options)
    {
        var (manifold, radius, _) = (Home)batch.Plan!;
        var M = batch.Accumulate(options.momentum, nesterov: false);
        if (manifold is Euclidean free) batch.Descend(free.Direction(M), options, scale: radius);
        else Move(batch, options, (W, lr) => manifold is Stiefel
            ? OnStiefel(W, M, lr, options.solver, batch)
            : (manifold.Step(W, M, lr), (manifold as Sphere)?.Distances(W)));
    }

    private (Tensor next, Tensor? distance) OnStiefel(Tensor W, Tensor M, double lr, StiefelSolver solver, MatrixBatch batch)
    {
        // Their matrix sign brings back whatever it is given.
        if (solver is StiefelSolver.Spel spel) return (spel.Step(W, M, lr), null);
        if (solver is StiefelSolver.DualAscent dual) return (dual.Retract(W, Solve(dual, W, M, batch), lr), null);
        var next = ((StiefelSolver.Exact)solver).Step(W, M, lr, out var excess);
        // A fifth more than an exact direction of norm 1 accounts for: in bfloat16 it is a few hundredths longer.
        return (next, excess.Add_(-1.2 * lr * lr / (1 + lr * lr)));
    }

    /// <summary>Of the dual ascent, with a report for every parameter.</summary>
    private Tensor Solve(StiefelSolver.DualAscent dual, Tensor W, Tensor M, MatrixBatch batch)
    {
        try
        {
            var (solution, start) = (dual.Solve(W, M), 0);
            foreach (var part in batch.Parts)
            {
                var its = new Range(start, start + part.Blocks);
                _reports[part] = new(part.Slot.Routed, solution.Residual[its].Max(), solution.Iterations[its].Max());
                start += part.Blocks;
            }
            return solution.A;
        }
        catch (NotFiniteNumberException e)
        {
            throw new NotFiniteNumberException($"{string.Join(", ", batch.Parts.Select(part => part.Slot.Label))}: {e.Message}", e);
        }
    }
}

/// <summary>What the dual ascent reached for one parameter.</summary>
/// <param name="Parameter">Name, shape and route.</param>
/// <param name="Residual">The largest ||W^T A + A^T W||_F / n of its matrices: 0 for a tangent direction.</param>
/// <param name="Iterations">How many matrix signs it took at most.</param>
public sealed record DualAscentReport(RoutedParameter Parameter, double Residual, int Iterations);
