using System.Runtime.InteropServices;
using Root.Optimizers.Tests.Support;

namespace Root.Optimizers.Distributed.Tests;

/// <summary>Ranks that are processes, started by mpirun.</summary>
[Slow]
public class MpirunTests
{
    public static TheoryData<string, int> Launchers =>
        new() { { "openmpi", 1 }, { "openmpi", 2 }, { "openmpi", 3 }, { "openmpi", 4 }, { "mpich", 2 }, { "mpich", 3 } };

    private static Launch.Result Succeeds(string mpi, int ranks, params string[] scenario)
    {
        var result = Launch.Run(mpi, ranks, scenario);
        Assert.True(result.ExitCode == 0, $"{result.ExitCode}: {result.Output}{result.Errors}");
        return result;
    }

    /// <summary>The job ends with an error, and leaves no rank behind: its output would stay open.</summary>
    private static Launch.Result Fails(string mpi, string scenario)
    {
        var result = Launch.Run(mpi, 2, [scenario]);
        Assert.NotEqual(0, result.ExitCode);
        return result;
    }

    private static string Alone(string kind, int steps)
    {
        var parameters = RankModel.Parameters();
        using var optimizer = RankModel.Make(kind, parameters);
        for (var step = 1; step <= steps; step++)
        {
            RankModel.Gradients(parameters, step);
            optimizer.step();
        }
        return RankModel.Hash(parameters);
    }

    [Theory]
    [MemberData(nameof(Launchers))]
    public void Collectives_are_those_of_the_interface(string mpi, int ranks) =>
        Assert.Equal(Enumerable.Range(0, ranks).Select(rank => $"{rank} of {ranks}, {rank} here"),
            Succeeds(mpi, ranks, "collectives").Lines("rank"));

    [Theory]
    [MemberData(nameof(Launchers))]
    public void Parameters_of_every_optimizer_are_those_of_one_process(string mpi, int ranks) => Assert.Equal(
        AfterFiftySteps.Value.SelectMany(line => Enumerable.Repeat(line, ranks)), Succeeds(mpi, ranks, "train", "50").Lines("hash"));

    /// <summary>Of one process; coefficients are learned, in bfloat16 and in float32, and fits fall into these steps.</summary>
    private static readonly Lazy<string[]> AfterFiftySteps =
        new(() => [.. RankModel.Kinds.Select(kind => $"{kind} {Alone(kind, 50)}").Order(StringComparer.Ordinal)]);

    [Theory]
    [InlineData("openmpi", 2)]
    [InlineData("openmpi", 3)]
    [InlineData("mpich", 2)]
    public void Averaged_gradients_leave_all_ranks_equal(string mpi, int ranks)
    {
        var result = Succeeds(mpi, ranks, "average");
        Assert.Single(result.Lines("hash").Distinct());
        Assert.Equal(ranks, result.Lines("hash").Length);
        Assert.Equal(Enumerable.Repeat($"{(ranks + 1) / 2.0:r}", ranks), result.Lines("mean"));
        Assert.Equal(ranks == 2 ? ["0,2,4", "1,3,5"] : ["0,3", "1,4", "2,5"], result.Lines("shard"));
    }

    [Theory]
    [InlineData("openmpi", 1)]
    [InlineData("openmpi", 2)]
    [InlineData("openmpi", 3)]
    [InlineData("openmpi", 4)]
    [InlineData("mpich", 2)]
    public void Gradients_that_are_averaged_where_they_are_stepped_leave_all_ranks_equal(string mpi, int ranks)
    {
        var result = Succeeds(mpi, ranks, "own");
        Assert.Equal(6, result.Lines("norm").Distinct().Count());
        Assert.Equal(6 * ranks, result.Lines("norm").Length);
        var hash = Assert.Single(result.Lines("hash").Distinct());
        if (ranks > 2) return; // sums of three and more depend on their order

        var parameters = RankModel.Parameters();
        using var optimizer = RankModel.Make("root", parameters);
        for (var step = 1; step <= 6; step++)
        {
            RankModel.MeanGradients(parameters, step, ranks);
            optimizer.ClipGradNorm(1);
            optimizer.step();
        }
        Assert.Equal(RankModel.Hash(parameters), hash);
    }

    [Fact]
    public void A_run_of_two_ranks_goes_on_on_three_and_on_one()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "state.safetensors");
            Succeeds("openmpi", 2, "save", "root", path);
            foreach (var ranks in new[] { 1, 3 })
                Assert.Equal(Enumerable.Repeat(Alone("root", 6), ranks), Succeeds("openmpi", ranks, "resume", "root", path).Lines("hash"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("openmpi", "kill")]
    [InlineData("openmpi", "exit")]
    [InlineData("mpich", "kill")]
    public void A_rank_that_dies_ends_the_job(string mpi, string scenario) => Fails(mpi, scenario);

    [Theory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void A_rank_that_throws_ends_the_job_and_is_named(string mpi) =>
        Assert.Contains("Rank 1 of 2: System.IO.InvalidDataException: a scenario", Fails(mpi, "throw").Errors);

    [Theory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void A_rank_that_is_frozen_ends_the_job_after_the_time_limit(string mpi) =>
        Assert.Contains("Rank 0 of 2: It has waited 00:00:03 for other ranks to call Barrier.", Fails(mpi, "freeze").Errors);

    [Fact]
    public void A_rank_that_ends_early_ends_the_job() => Assert.Contains("Finish of 0 bytes", Fails("openmpi", "early").Errors);

    [Theory]
    [InlineData("openmpi", "segments", "AllGather of 12 bytes, and rank [01] does with other segments")]
    [InlineData("openmpi", "root", "Broadcast of 12 bytes, and rank [01] does with another root")]
    [InlineData("openmpi", "sum", "Segments of 1, 1 entries do not add up to 3.")]
    [InlineData("mpich", "segments", "AllGather of 12 bytes, and rank [01] does with other segments")]
    public void Other_arguments_on_a_rank_end_the_job_and_are_named(string mpi, string scenario, string message) =>
        Assert.Matches(message, Fails(mpi, scenario).Errors);

    [Fact]
    public void Another_model_on_a_rank_ends_the_job_with_the_difference() =>
        Assert.Matches("Rank 1 trains something else than rank 0.*\\(4, 4\\).*\\(5, 4\\)", Fails("openmpi", "model").Errors);

    [Theory]
    [InlineData("openmpi")]
    [InlineData("mpich")]
    public void A_null_reference_is_an_exception(string mpi) =>
        Assert.Equal(2, Succeeds(mpi, 2, "null").Output.Split("caught").Length - 1);

    [Fact]
    public void A_launcher_and_a_library_that_do_not_go_together_are_an_error()
    {
        Assert.SkipUnless(NativeLibrary.TryLoad("libmpich.so.12", out _), "MPICH's library is missing: apt-get install mpich");
        var result = Launch.Run("openmpi", 2, ["collectives"], library: "libmpich.so.12");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("they do not go together", result.Errors);
    }
}
