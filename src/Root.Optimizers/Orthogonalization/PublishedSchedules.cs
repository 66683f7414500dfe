using System.Collections.Concurrent;

namespace Root.Optimizers.Orthogonalization;

/// <summary>The coefficient sets in print, by name, for a matrix divided by its Frobenius norm.</summary>
public static class PublishedSchedules
{
    /// <summary>(3.4445, -4.7750, 2.0315). Source: KellerJordan/Muon.</summary>
    public static QuinticStep MuonTriple { get; } = new(3.4445, -4.7750, 2.0315);

    /// <summary>(15, -10, 3)/8: the quintic Newton-Schulz iteration, of third order at 1.</summary>
    public static QuinticStep ClassicTriple { get; } = new(1.875, -1.25, 0.375);

    /// <summary>Muon's triple, <paramref name="steps"/> times.</summary>
    public static NewtonSchulzSchedule Muon(int steps = 5) => NewtonSchulzSchedule.Repeat(MuonTriple, steps);

    /// <summary>The classic quintic, <paramref name="steps"/> times.</summary>
    public static NewtonSchulzSchedule Classic(int steps = 5) => NewtonSchulzSchedule.Repeat(ClassicTriple, steps);

    /// <summary>Five different steps. Source: leloykun and YouJiacheng; in NVIDIA Emerging-Optimizers.</summary>
    public static NewtonSchulzSchedule Quintic { get; } = new([
        new(4.0848, -6.8946, 2.9270), new(3.9505, -6.3029, 2.6377), new(3.7418, -5.5913, 2.3037),
        new(2.8769, -3.1427, 1.2046), new(2.8366, -3.0525, 1.2012)]);

    /// <summary>Six different steps. Source: YouJiacheng; in modula.</summary>
    public static NewtonSchulzSchedule You6 { get; } = new([
        new(3955.0 / 1024, -8306.0 / 1024, 5008.0 / 1024), new(3735.0 / 1024, -6681.0 / 1024, 3463.0 / 1024),
        new(3799.0 / 1024, -6499.0 / 1024, 3211.0 / 1024), new(4019.0 / 1024, -6385.0 / 1024, 2906.0 / 1024),
        new(2677.0 / 1024, -3029.0 / 1024, 1162.0 / 1024), new(2172.0 / 1024, -1833.0 / 1024, 682.0 / 1024)]);

    /// <summary>
    /// CANS: five steps of Chebyshev-type polynomials on adapted intervals. Source: Grishina, Smirnov and Rakhuba, arXiv 2506.10935; the
    /// numbers are NVIDIA Emerging-Optimizers'.
    /// </summary>
    public static NewtonSchulzSchedule Cans { get; } = new([
        new(8.4703, -25.1081, 18.6293), new(4.1828, -3.1087, 0.5806), new(3.9619, -2.9541, 0.5630),
        new(3.2866, -2.4647, 0.5074), new(2.2737, -1.6447, 0.4162)]);

    /// <summary>
    /// Muon's triple eight times, then (2, -1.5, 0.5) twice, which bring singular values to 1. Source: DeepSeek-V4's report; in NVIDIA
    /// Emerging-Optimizers.
    /// </summary>
    public static NewtonSchulzSchedule DeepSeekV4 { get; } =
        new([.. Enumerable.Repeat(MuonTriple, 8), .. Enumerable.Repeat(new QuinticStep(2, -1.5, 0.5), 2)]);

    private static readonly ConcurrentDictionary<int, NewtonSchulzSchedule> PolarExpresses = [];

    private static readonly QuinticStep[] PolarExpressTriples =
    [
        new(8.28721201814563, -23.595886519098837, 17.300387312530933),
        new(4.107059111542203, -2.9478499167379106, 0.5448431082926601),
        new(3.9486908534822946, -2.908902115962949, 0.5518191394370137),
        new(3.3184196573706015, -2.488488024314874, 0.51004894012372),
        new(2.300652019954817, -1.6689039845747493, 0.4188073119525673),
        new(1.891301407787398, -1.2679958271945868, 0.37680408948524835),
        new(1.8750014808534479, -1.2500016453999487, 0.3750001645474248),
        new(1.875, -1.25, 0.375),
    ];

    /// <summary>
    /// Polar Express: <paramref name="steps"/> minimax steps for [1e-3, 1]; beyond eight, the last repeats. All but the last
    /// are for inputs over 1.01, and so is the first once more, in place of a norm 1 % larger.
    /// Source: Amsel et al., arXiv 2505.16932; as thinking-machines-lab/manifolds runs it.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="steps"/> is less than 1.</exception>
    public static NewtonSchulzSchedule PolarExpress(int steps = 5) => PolarExpresses.GetOrAdd(steps, static steps =>
    {
        var safe = Enumerable.Range(0, steps)
            .Select(k => k < 7 ? PolarExpressTriples[k].ForInputOver(1.01) : PolarExpressTriples[7])
            .Select((triple, k) => k == 0 ? triple.ForInputOver(1.01) : triple);
        return new(safe);
    });

    /// <summary>
    /// ROOT's triples by (shorter, longer) side. Source: huawei-noah/noah-research, ROOT/examples. Those of 2048 x 2048 and
    /// 2048 x 3072 are not <see cref="NewtonSchulzSchedule.IsStable"/>.
    /// </summary>
    public static IReadOnlyDictionary<(long, long), QuinticStep> RootTriples { get; } = new Dictionary<(long, long), QuinticStep>
    {
        [(2048, 2048)] = new(3.4916, -4.8224, 2.1095),
        [(2048, 3072)] = new(3.4509, -4.5790, 1.9325),
        [(2048, 8192)] = new(2.9794, -3.6674, 1.6207),
        [(2048, 16384)] = new(3.1943, -3.8221, 1.5322),
    };
}
