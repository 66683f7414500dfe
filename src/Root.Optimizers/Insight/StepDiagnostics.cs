using Root.Optimizers.Core;
using Root.Optimizers.Insight;
using Root.Optimizers.LinearAlgebra;
using Root.Optimizers.Orthogonalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers;

/// <summary>
/// Measures steps of one optimizer, matrix by matrix: set it as <see cref="MatrixOptimizer.Observer"/>. What it finds comes out by
/// <see cref="Stepped"/>, by the instruments of the <see cref="System.Diagnostics.Metrics.Meter"/> that is called
/// <see cref="MeterName"/>, and as JSON lines by a <see cref="StepReportWriter"/>. docs/insight.md says how to read it.
/// <code>
/// var diagnostics = new StepDiagnostics(every: 10);
/// diagnostics.Stepped += report => Console.WriteLine(report.Matrices.Max(m => m.UpdateRatio));
/// optimizer.Observer = diagnostics;
/// </code>
/// </summary>
/// <remarks>
/// A step that is watched comes out the same. It takes more time: a few passes over each matrix, a product of its shorter side, and of a
/// GPU a wait for the device at every stage and figure; and more memory: up to four copies of the matrices of a batch. Other steps pay a
/// call.
/// </remarks>
public sealed class StepDiagnostics : IStepObserver
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Root.Optimizers";

    private readonly Dictionary<MatrixPart, MatrixReport[]> _reports = [];
    private readonly SortedDictionary<StepStage, TimeSpan> _stages = [];
    private readonly Dictionary<MatrixPart, long> _broughtBack = [];
    private long _seen;

    /// <summary>Of every step, or of every n-th.</summary>
    /// <param name="every">n: at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="every"/> is below 1.</exception>
    public StepDiagnostics(int every = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(every, 1);
        Every = every;
    }

    /// <summary>n: the n-th step of those that it sees is watched, the 2n-th, and so on.</summary>
    public int Every { get; }

    /// <summary>Raised at the end of every step that is watched, on the thread that steps. It must not step, save or load the
    /// optimizer. What it throws, the step throws, and stays taken.</summary>
    public event Action<StepReport>? Stepped;

    bool IStepObserver.Watches()
    {
        // What a step that failed has left.
        _reports.Clear();
        _stages.Clear();
        return ++_seen % Every == 0;
    }

    void IStepObserver.OnMatrix(MatrixPart part, long step, Tensor momentum, Tensor update) =>
        Note(part, Rms(momentum), (report, rms) => report with { MomentumRms = rms });

    void IStepObserver.OnSplit(MatrixPart part, Tensor momentum, Tensor threshold)
    {
        var beyond = momentum.abs().sub_(threshold).ClampMin_(0);
        // Both RMS are of one shape, and their ratio is that of the norms. Of a matrix that is 0, 0.
        var energy = Rms(beyond).div_(MatrixNorms.OrOne(Rms(momentum))).Square();
        Note(part, threshold, (report, eps) => report with { OutlierThreshold = eps });
        Note(part, beyond.sign().mean([-2, -1]), (report, share) => report with { OutlierShare = share });
        Note(part, energy, (report, its) => report with { OutlierEnergy = its });
    }

    void IStepObserver.OnOrthogonalized(MatrixPart part, Tensor U, NewtonSchulzSchedule schedule, double? fitError)
    {
        var excess = ShorterSide.Gram(U.Widened());
        excess.diagonal(0, -2, -1).Add_(-1);
        Note(part, MatrixNorms.Frobenius(excess).Div_(Math.Sqrt(part.Shape.Shorter)), (report, error) => report with
        {
            OrthogonalityError = error,
            ScheduleLower = schedule.Lower,
            ScheduleSteps = schedule.Count,
            ScheduleBound = schedule.Bound,
            ScheduleError = fitError,
        });
    }

    void IStepObserver.OnManifold(MatrixPart part, IReadOnlyList<double> distances)
    {
        var times = _broughtBack.GetValueOrDefault(part);
        Enter(part, distances, (report, distance) => report with { ManifoldDistance = distance, BroughtBack = times });
    }

    void IStepObserver.OnMoved(MatrixPart part, Tensor before, Tensor after)
    {
        Note(part, Rms(before), (report, rms) => report with { WeightRms = rms });
        Note(part, Rms(before.sub(after)), (report, rms) => report with { UpdateRms = rms });
    }

    void IStepObserver.OnBroughtBack(MatrixPart part, double distance) => _broughtBack[part] = _broughtBack.GetValueOrDefault(part) + 1;

    void IStepObserver.OnStage(StepStage stage, TimeSpan time) => _stages[stage] = _stages.GetValueOrDefault(stage) + time;

    void IStepObserver.OnStepped(MatrixOptimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        var matrices = _reports.Values.SelectMany(its => its).ToArray();
        var report = new StepReport(optimizer.GetType().Name, matrices.Select(matrix => matrix.Step).DefaultIfEmpty().Max(), matrices,
            new Dictionary<StepStage, TimeSpan>(_stages));
        Instruments.Record(report);
        Stepped?.Invoke(report);
    }

    private static Tensor Rms(Tensor X) => MatrixNorms.Frobenius(X).Div_(Math.Sqrt((double)X.size(-2) * X.size(-1)));

    private void Note(MatrixPart part, Tensor ofEach, Func<MatrixReport, double, MatrixReport> with) =>
        Enter(part, ofEach.to(ScalarType.Float64).cpu().reshape(-1).data<double>().ToArray(), with);

    /// <summary>Enters a figure of each of a part's matrices into their reports.</summary>
    private void Enter(MatrixPart part, IReadOnlyList<double> ofEach, Func<MatrixReport, double, MatrixReport> with)
    {
        if (!_reports.TryGetValue(part, out var reports))
        {
            var (slot, index) = (part.Slot, 0);
            while (slot.Parts[index] != part) index++;
            _reports[part] = reports = [.. Enumerable.Range(0, part.Blocks)
                .Select(block => new MatrixReport(slot.Routed, index, block, part.Shape, slot.State.step))];
        }
        for (var block = 0; block < reports.Length; block++) reports[block] = with(reports[block], ofEach[block]);
    }
}
