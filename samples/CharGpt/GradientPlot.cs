using Shared;
using static TorchSharp.torch;

namespace CharGpt;

/// <summary>
/// How the entries of a gradient are distributed, against the normal distribution of the same variance: a histogram, whose logarithmic
/// axis shows the tails, and the quantiles of one against the other's (Q-Q).
/// </summary>
public sealed class GradientPlot
{
    private const int Bins = 80;

    private readonly string title;
    private readonly double[] sorted; // in standard deviations

    public GradientPlot(string title, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var entries = gradient.cpu().to(float64).reshape(-1);
        var deviation = Math.Sqrt(entries.square().mean().item<double>());
        this.title = title;
        sorted = [.. entries.data<double>().Select(x => x / deviation).Order()];
    }

    public void Save(string path)
    {
        var most = Math.Max(-sorted[0], sorted[^1]);
        var bin = 2 * most / Bins;
        var counts = sorted.CountBy(x => Math.Clamp((int)((x + most) / bin), 0, Bins - 1)).ToDictionary();
        var least = 1 / (sorted.Length * bin); // of one entry
        PlotSheet.Save(
            path,
            title,
            columns: 2,
            new LinePlot("Histogram", "entry / standard deviation", "density", logY: true)
                .Add("gradient", counts.OrderBy(its => its.Key)
                    .Select(its => (((its.Key + 0.5) * bin) - most, its.Value * least)), markers: true, thickness: 0)
                .Add("normal", Enumerable.Range(-500, 1001).Select(i => i / 100.0).Select(x => (x, Density(x)))
                    .Where(point => point.Item2 > least / 10)),
            new LinePlot("Q-Q plot", "quantile of the normal distribution", "quantile of the gradient")
                .Add("gradient", Quantiles(), markers: true, thickness: 0)
                .Add("normal", [(-4.0, -4.0), (4.0, 4.0)]));
    }

    /// <summary>Quantiles of the normal distribution, a twentieth of a standard deviation apart where there are entries between them, and
    /// those of the gradient, in standard deviations.</summary>
    public IReadOnlyList<(double Normal, double Own)> Quantiles()
    {
        using var scope = NewDisposeScope();
        int[] places = [.. special.ndtr(arange(-6, 6.01, 0.05, float64)).data<double>()
            .Select(share => Math.Min((int)(share * sorted.Length), sorted.Length - 1)).Distinct()];
        double[] shares = [.. places.Select(i => (i + 0.5) / sorted.Length)];
        return [.. special.ndtri(tensor(shares)).data<double>().Zip(places, (normal, i) => (normal, sorted[i]))];
    }

    private static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
}
