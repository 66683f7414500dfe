using Root.Optimizers.Benchmarks.Compare;

namespace Root.Optimizers.Benchmarks.Race;

/// <summary>How a race is run, in code and in words.</summary>
internal static class RaceRules
{
    /// <summary>The seed on which learning rates are chosen; it does not count.</summary>
    public const int TuningSeed = 1000;

    /// <summary>The shares of the steps that a winner's schedule is shortened to.</summary>
    public static readonly double[] Shares = [0.95, 0.90, 0.85];

    /// <summary>Neighboring learning rates that are tried are this factor apart.</summary>
    public static readonly double RateFactor = Math.Sqrt(2);

    /// <summary>For the head of a page.</summary>
    public const string Text = """
        - Fixed for all entries: the model (CharGpt, over bytes), the text (Moby-Dick, its last tenth held out), the batch (16 sequences
          of 128), initial weights and order of the data by the seed, the number of steps, and the learning rate's curve (linear
          warm-up, half a cosine to 0 at the last step).
        - What an entry may choose: the optimizer with all of its options, its warm-up, its schedule of momentum, its averaging of
          weights. It sees the loss on training batches only.
        - Learning rates: each entry begins at a rate of its own and walks along powers of sqrt(2) to lower loss, by at most as many
          trials as any other, with seed 1000, which does not count. AdamW walks once for each choice of betas, decay and warm-up, and
          the best of these is AdamW.
        - The score is the validation loss at equal steps, of the last weights or, of an entry that averages, of its average, over seeds
          that no choice has seen, paired with Muon's by seed. p is of Student's one-sided t-test that the mean difference is below 0; it
          is not corrected for the number of entries.
        - An entry whose mean is not above Muon's runs again with its whole schedule shortened to 0.95, 0.90 and 0.85 of the steps,
          against Muon's full length, until its mean is above Muon's. The least share before that is what it needs of Muon's steps.
        - A result counts from p < 0.01 on. What gains nothing keeps its row.
        """;
}

/// <summary>A part of a race, with a limit of its own.</summary>
/// <param name="Name">screen, final or wide.</param>
/// <param name="WidthFactor">Of the model.</param>
/// <param name="Steps">Of a run at full length.</param>
/// <param name="Trials">The most learning rates that an entry tries; 0: those of the stage before.</param>
/// <param name="FirstSeed">The first of its seeds, which no other stage has.</param>
/// <param name="Seeds">How many.</param>
/// <param name="Best">How many of the stage before run in it, beside Muon; null: all entries run.</param>
/// <param name="Shortens">Whether winners' schedules are shortened.</param>
internal sealed record RaceStage(string Name, int WidthFactor, int Steps, int Trials, int FirstSeed, int Seeds, int? Best, bool Shortens)
{
    /// <summary>The most seeds of a stage: the next stage's begin so much later.</summary>
    public const int MostSeeds = 10;

    public static readonly IReadOnlyList<RaceStage> Full =
    [
        new("screen", WidthFactor: 1, Steps: 150, Trials: 4, FirstSeed: 1, Seeds: 2, Best: null, Shortens: false),
        new("final", WidthFactor: 1, Steps: 300, Trials: 0, FirstSeed: 1 + MostSeeds, Seeds: 5, Best: 3, Shortens: true),
        new("wide", WidthFactor: 2, Steps: 150, Trials: 4, FirstSeed: 1 + 2 * MostSeeds, Seeds: 5, Best: 1, Shortens: true),
    ];

    public static readonly IReadOnlyList<RaceStage> Smoke =
        [new("screen", WidthFactor: 1, Steps: 50, Trials: 2, FirstSeed: 1, Seeds: 2, Best: null, Shortens: true)];

    /// <summary>Its seeds.</summary>
    public IEnumerable<int> SeedNumbers => Enumerable.Range(FirstSeed, Seeds);
}
