using Root.Optimizers.Tests.Support;
using Shared;

namespace Root.Optimizers.Samples.Tests;

/// <summary>Thousands of damaged checkpoints, with ROOT_LONG=1 more than a hundred thousand: each is refused in one line.</summary>
[Slow]
public class CheckpointFuzzTests
{
    [Fact]
    public void A_file_damaged_anywhere_is_refused()
    {
        using var run = new SmallRun("root");
        var count = 0;
        foreach (var mutant in Mutants.Of(run.Original, Mutants.Count(3_000, 120_000), seed: 1))
        {
            run.AssertRefused(mutant);
            count++;
        }

        for (var length = 0; length < run.Original.Length; length += 37, count++)
        {
            run.AssertRefused(run.Original[..length]);
        }

        Report($"damaged: {count} mutants of {run.Original.Length} bytes, all refused");
    }

    // As nobody's disk does it: the checksum is that of the damaged content. What is taken is another checkpoint then, and the run
    // goes on from it or ends in one line.
    [Theory]
    [InlineData("root")]
    [InlineData("adamw")]
    [InlineData("sgd")]
    public void A_file_made_to_harm_does_none(string optimizer)
    {
        using var run = new SmallRun(optimizer);
        var (refused, taken, stepped) = (0, 0, 0);
        foreach (var mutant in Mutants.Of(run.Original, Mutants.Count(1_000, 20_000), seed: 2).Where(bytes => bytes.Length >= 64))
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
