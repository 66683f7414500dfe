using Root.Optimizers.Benchmarks.Race;

namespace Root.Optimizers.Samples.Tests;

public class RacePageTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void Runs_that_shared_a_machine_have_no_times(int atOnce)
    {
        var stage = RaceStage.Smoke[0];
        var setting = new RaceSetting("cpu", Layers: 1, Width: RaceTraining.HeadWidth, Noise: false);
        var (page, lines) = (RacePage.Text([(stage, setting, [Result(RaceEntry.Reference, 2), Result("muon-rows", 3)])]), 0);
        foreach (var line in page.Split('\n').Where(line => line.StartsWith('|')))
        {
            // entry, meaning, rate, loss, by seed, difference, its error, p, share of the steps, and time.
            Assert.Equal(atOnce == 1 ? 10 : 9, line.Count(c => c == '|') - 1);
            lines++;
        }
        Assert.Equal(4, lines);
        Assert.Equal(atOnce == 1, page.Contains("| time of a step |"));
        Assert.Equal(atOnce == 1, page.Contains(" | 1.50 |\n"));
        Assert.Equal(atOnce > 1, page.Contains("a machine, 16 runs at once."));

        RaceResult Result(string entry, double seconds)
        {
            RaceRun Run(int seed) => new(new(setting, entry, stage.Steps, Rate: 0.02, seed), Loss: 2 + 0.1 * seed, seconds, [], "1.0",
                "a machine", atOnce);
            return new(RaceEntry.Named(entry), 0.02, [Run(RaceRules.TuningSeed)], [.. stage.SeedNumbers.Select(Run)], []);
        }
    }
}
