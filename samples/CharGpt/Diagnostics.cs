using Root.Optimizers;
using Shared;
using TorchSharp;
using TorchSharp.Modules;

namespace CharGpt;

/// <summary>Looks into the steps of a run, and leaves what it saw in the run's folder: a line of JSON a step, a sheet of plots, and how
/// one gradient is distributed.</summary>
internal sealed class Diagnostics : IDisposable
{
    // As many as a plot shows.
    private const int MostSteps = 300;

    private readonly string folder;
    private readonly StepReportWriter writer;
    private readonly List<StepReport> reports = [];
    private readonly Gpt model;
    private readonly int middle;
    private GradientPlot? gradient;

    /// <param name="steps">Of the run: of a long one, not all are looked into.</param>
    /// <param name="append">Whether the folder's lines are of the same run.</param>
    public Diagnostics(Gpt model, OptimizerHelper optimizer, int steps, string folder, bool append)
    {
        if (optimizer is not MatrixOptimizer watched)
        {
            throw new UserException(
                "--diagnostics looks into optimizers of this library: root, root-published and muon.", UserException.Usage);
        }

        (this.model, this.folder, middle) = (model, folder, steps / 2);
        writer = new StepReportWriter(Path.Combine(folder, "steps.jsonl"), append);
        var diagnostics = new StepDiagnostics(every: (steps + MostSteps - 1) / MostSteps);
        diagnostics.Stepped += reports.Add;
        diagnostics.Stepped += writer.Write;
        watched.Observer = diagnostics;
    }

    /// <summary>Keeps a gradient at half the run: of attention's output, as in the first figure of ROOT's paper.</summary>
    public void BeforeUpdate(int step)
    {
        if (step == middle)
        {
            var name = $"blocks.{model.Options.Layers / 2}.attention.proj.weight";
            using var entries = model.named_parameters().Single(p => p.name == name).parameter.grad;
            // Of several ranks another may have the batch's: then it is that of rank 0's part of the batch.
            gradient = entries is null ? null : new GradientPlot($"Gradient of {name} at step {step + 1}", entries);
        }
    }

    public void Save(string title, IReadOnlyList<StepMetrics> history)
    {
        gradient?.Save(Path.Combine(folder, "gradient.svg"));
        DiagnosticsSheet.Save(Path.Combine(folder, "diagnostics.svg"), title, history, reports);
    }

    public void Dispose() => writer.Dispose();
}
