using Root.Optimizers.Tests.Support;
using Shared;

namespace Root.Optimizers.Samples.Tests;

/// <summary>Damaged checkpoints, and some made to harm: each is refused in one line, or a run goes on from it. ./run test --long takes
/// more than a hundred thousand.</summary>
public class CheckpointFuzzTests
{
    [Fact, Slow]
    public void Thousands_damaged() => Damaged(3_000);

    [Fact(Explicit = true), Trait("speed", "long")]
    public void More_than_a_hundred_thousand_damaged() => Damaged(120_000);

    private static void Damaged(int count)
    {
        using var run = new SmallRun("root");
        var refused = 0;
        foreach (var mutant in Mutants.Of(run.Original, count, seed: 1))
        {
            run.AssertRefused(mutant);
            refused++;
        }

        for (var length = 0; length < run.Original.Length; length += 37, refused++)
        {
            run.AssertRefused(run.Original[..length]);
        }

        Report($"damaged: {refused} mutants of {run.Original.Length} bytes, all refused");
    }

    [Theory, MemberData(nameof(CheckpointTests.Kinds), MemberType = typeof(CheckpointTests)), Slow]
    public void A_thousand_made_to_harm(string optimizer) => MadeToHarm(optimizer, 1_000);

    [Theory(Explicit = true), MemberData(nameof(CheckpointTests.Kinds), MemberType = typeof(CheckpointTests)), Trait("speed", "long")]
    public void Tens_of_thousands_made_to_harm(string optimizer) => MadeToHarm(optimizer, 20_000);

    // As nobody's disk does it: the checksum is that of the damaged content. What is taken is another checkpoint then, and the run
    // goes on from it or ends in one line.
    private static void MadeToHarm(string optimizer, int count)
    {
        using var run = new SmallRun(optimizer);
        var (refused, taken, stepped) = (0, 0, 0);
        foreach (var mutant in Mutants.Of(run.Original, count, seed: 2).Where(bytes => bytes.Length >= 64))
        {
            CheckpointFile.Seal(mutant);
            if (run.Refusal(mutant) is not null)
            {
                refused++;
            }
            else if (taken++ % 4 == 0 && Record.Exception(() => run.Train(3, 4)) is var failure)
            {
                Assert.True(failure is null or UserException, $"{failure}");
                stepped++;
            }
        }

        // Nothing of them has stayed.
        using var other = new SmallRun(optimizer);
        run.Resume(run.Original);
        run.Train(3, 4);
        other.Train(3, 4);
        Assert.Equal(other.History[^1].ValLoss, run.History[^1].ValLoss);
        Report($"sealed, {optimizer}: {refused} refused, {taken} taken, of which {stepped} made a step");
    }

    private static void Report(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
