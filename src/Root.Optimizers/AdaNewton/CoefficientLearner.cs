using System.Runtime.InteropServices;
using System.Text.Json;
using Root.Optimizers.Core;
using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.AdaNewton;

/// <summary>
/// AdaNewton: learns the coefficients of each shape beside the training (ROOT, arXiv 2511.20626, section 3.2, where they are
/// fitted to the shape's momentum).
/// </summary>
internal sealed class CoefficientLearner
{
    /// <summary>For each shape that is due in this step: whose matrix teaches, which of its blocks, and the step.</summary>
    private readonly Dictionary<MatrixPart, (int block, long step)> _turns = [];

    /// <summary>What was fitted in this step.</summary>
    private readonly List<(CoefficientTable table, MatrixShape shape, CoefficientEntry entry)> _fitted = [];

    /// <summary>Chooses, of every shape that is due, in either orientation, the matrix that teaches in the step to come.</summary>
    /// <param name="parts">The matrices that have a gradient, in the order of their groups.</param>
    public void TakeTurns(IEnumerable<MatrixPart> parts)
    {
        _turns.Clear();
        _fitted.Clear();
        if (!parts.Any(part => RefitSchedule.IsDue(part.Slot.State.step + 1))) return;
        foreach (var alike in parts.GroupBy(part => (part.Shape.Shorter, part.Shape.Longer)))
        {
            // Those that joined late have taken fewer steps; the shape's count is the most of them.
            var step = alike.Max(part => part.Slot.State.step) + 1;
            if (!RefitSchedule.IsDue(step)) continue;
            var turn = RefitSchedule.Turn(step, alike.Sum(part => part.Blocks));
            foreach (var part in alike)
            {
                if (turn < part.Blocks)
                {
                    _turns[part] = (turn, step);
                    break;
                }
                turn -= part.Blocks;
            }
        }
    }

    /// <summary>
    /// Fits the coefficients of a batch's shape where one of its matrices is to teach. The step goes on with those at hand, so that
    /// it does not depend on which of the shape's matrices are in which batch.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="B">Its stacked bases, which the step orthogonalizes.</param>
    /// <param name="table">Where to learn into.</param>
    /// <param name="steps">The number of Newton-Schulz steps.</param>
    public void Observe(MatrixBatch batch, Tensor B, CoefficientTable table, int steps)
    {
        var first = 0;
        foreach (var part in batch.Parts)
        {
            if (_turns.TryGetValue(part, out var turn))
            {
                using var scope = NewDisposeScope();
                if (Fit(B[first + turn.block], steps, turn.step) is { } entry) _fitted.Add((table, batch.Shape, entry));
            }
            first += part.Blocks;
        }
    }

    /// <summary>What was fitted in this step, for ranks that have not seen the matrices.</summary>
    /// <param name="groupOf">A group of the optimizer that has the table.</param>
    public byte[] Findings(Func<CoefficientTable, int> groupOf)
    {
        if (_fitted.Count == 0) return [];
        var tables = new Dictionary<int, CoefficientTable>();
        foreach (var (table, shape, entry) in _fitted)
        {
            var group = groupOf(table);
            if (!tables.TryGetValue(group, out var its)) tables[group] = its = new();
            its.Set(shape.Rows, shape.Columns, entry);
        }
        return JsonSerializer.SerializeToUtf8Bytes(tables.ToDictionary(its => its.Key, its => its.Value.ToJson()));
    }

    /// <summary>Takes over what another rank has fitted.</summary>
    /// <param name="findings">Its <see cref="Findings"/>.</param>
    /// <param name="tableOf">The table of a group.</param>
    public void Take(byte[] findings, Func<int, CoefficientTable> tableOf)
    {
        foreach (var (group, table) in JsonSerializer.Deserialize<Dictionary<int, string>>(findings)!)
            foreach (var (shorter, longer, _, entry) in CoefficientTable.FromJson(table).Entries)
                _fitted.Add((tableOf(group), new(shorter, longer), entry));
    }

    /// <summary>After a step: what was fitted takes effect.</summary>
    public void Apply()
    {
        foreach (var (table, shape, entry) in _fitted) table.Set(shape.Rows, shape.Columns, entry);
        _fitted.Clear();
    }

    /// <summary>Coefficients of a shape for one matrix of it; null where the matrix is zero or not finite and teaches nothing.</summary>
    /// <param name="matrix">(m, n): the base B that the step orthogonalizes.</param>
    /// <param name="steps">The number of Newton-Schulz steps.</param>
    /// <param name="step">The optimizer step, for the record.</param>
    public static CoefficientEntry? Fit(Tensor matrix, int steps, long step)
    {
        Spectrum spectrum;
        try
        {
            spectrum = Spectrum.FromMatrix(matrix);
        }
        catch (ExternalException)
        {
            // The eigenvalue solver did not converge: the schedule at hand goes on, and the next refit tries again.
            return null;
        }
        if (!spectrum.IsUsable) return null;
        var (rows, columns) = (matrix.shape[0], matrix.shape[1]);
        var (schedule, error) = ScheduleFit.Fit(spectrum, rows, columns, steps);
        return new(schedule, error, step);
    }
}
