using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core.Ranks;

/// <summary>The state that ranks share is saved as one process's, and loaded by any number of them.</summary>
public class ShardedStateTests
{
    private const int Half = 9;

    public static TheoryData<string> Kinds => [.. RankModel.Kinds];

    private static void Train(MatrixOptimizer optimizer, Parameter[] parameters, int from, int to)
    {
        for (var step = from; step <= to; step++)
        {
            RankModel.Gradients(parameters, step);
            optimizer.step();
        }
    }

    private static T InFolder<T>(Func<string, T> use)
    {
        var folder = Directory.CreateTempSubdirectory();
        try { return use(Path.Combine(folder.FullName, "state.safetensors")); }
        finally { folder.Delete(recursive: true); }
    }

    /// <summary>Half a run, and a file of it.</summary>
    private static (byte[] file, Tensor[] weights) Saved(string kind, int size) => InFolder(path =>
    {
        Tensor[] Run(IProcessGroup? group)
        {
            var parameters = RankModel.Parameters();
            using var optimizer = RankModel.Make(kind, parameters, group);
            Train(optimizer, parameters, 1, Half);
            optimizer.Save(path);
            return [.. parameters.Select(parameter => parameter.detach())];
        }
        var weights = size == 0 ? Run(null) : ThreadGroup.Run(size, Run)[0];
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
        return (File.ReadAllBytes(path), weights);
    });

    [Theory, Slow]
    [MemberData(nameof(Kinds))]
    public void A_file_is_the_same_on_any_number_of_ranks_and_a_run_goes_on_on_any_other(string kind)
    {
        var (file, weights) = Saved(kind, 2);
        foreach (var size in new[] { 0, 1, 3, 4 }) Assert.Equal(file, Saved(kind, size).file);

        var unbroken = RankModel.Parameters();
        using var whole = RankModel.Make(kind, unbroken);
        Train(whole, unbroken, 1, 2 * Half);
        var expected = RankModel.Hash(whole.Slots.Select(slot => slot.Parameter));
        foreach (var size in new[] { 0, 1, 3, 4 }) Assert.All(InFolder(Resumed(size)), hash => Assert.Equal(expected, hash));

        Func<string, string[]> Resumed(int size) => path =>
        {
            File.WriteAllBytes(path, file);
            string Run(IProcessGroup? group)
            {
                // A run that loads its weights on rank 0 only.
                Parameter[] parameters = group is null or { Rank: 0 }
                    ? [.. RankModel.Parameters().Zip(weights, With)] : RankModel.Parameters(seed: 2);
                using var optimizer = RankModel.Make(kind, parameters, group);
                var report = optimizer.Load(path);
                Assert.Empty(report.Missing.Concat(report.Unused).Concat(report.Cast));
                Train(optimizer, parameters, Half + 1, 2 * Half);
                return RankModel.Hash(optimizer.Slots.Select(slot => slot.Parameter));
            }
            return size == 0 ? [Run(null)] : ThreadGroup.Run(size, Run);
        };
    }

    private static Parameter With(Parameter parameter, Tensor weights)
    {
        using (no_grad()) parameter.copy_(weights);
        return parameter;
    }

    /// <summary>Loads into two ranks, which both refuse; then nothing has changed.</summary>
    private static string[] Refused<TException>(string kind, Func<int, string> pathOf) where TException : Exception =>
        ThreadGroup.Run(2, group =>
        {
            var parameters = RankModel.Parameters();
            using var optimizer = RankModel.Make(kind, parameters, group);
            Train(optimizer, parameters, 1, 2);
            var message = Assert.Throws<TException>(() => optimizer.Load(pathOf(group.Rank))).Message;
            Assert.All(optimizer.Slots, slot => Assert.InRange(slot.Kept.step, 0, 2));
            Train(optimizer, parameters, 3, 3);
            return message;
        });

    [Fact]
    public void What_one_rank_cannot_load_none_loads()
    {
        var file = Saved("muon", 0).file;
        InFolder(path =>
        {
            File.WriteAllBytes(path, file);
            var (damaged, other) = (path + ".damaged", path + ".other");
            File.WriteAllBytes(damaged, file[..^1]);
            using (var optimizer = RankModel.Make("muon", RankModel.Parameters())) optimizer.Save(other);
            Assert.StartsWith("Rank 1: Could not find file",
                Refused<FileNotFoundException, IOException>("muon", rank => rank == 1 ? path + ".missing" : path)[0]);
            Assert.StartsWith("Rank 0: This is no saved state for this Muon",
                Refused<InvalidDataException>("muon", rank => rank == 0 ? damaged : path)[1]);
            Assert.All(Refused<InvalidDataException>("muon", rank => rank == 1 ? other : path),
                message => Assert.Equal("Rank 1 has read another file than rank 0. Nothing was loaded.", message));
            return 0;
        });
    }

    /// <summary>The same where the rank at fault, which is rank 1, throws the more special exception.</summary>
    private static string[] Refused<TOwn, TException>(string kind, Func<int, string> pathOf) where TOwn : TException
        where TException : Exception => ThreadGroup.Run(2, group =>
    {
        using var optimizer = RankModel.Make(kind, RankModel.Parameters(), group);
        return group.Rank == 1
            ? Assert.Throws<TOwn>(() => optimizer.Load(pathOf(1))).Message
            : Assert.Throws<TException>(() => optimizer.Load(pathOf(0))).Message;
    });

    [Fact]
    public void What_rank_0_cannot_write_fails_on_all_ranks_and_the_run_goes_on()
    {
        var hashes = ThreadGroup.Run(3, group =>
        {
            var parameters = RankModel.Parameters();
            using var optimizer = RankModel.Make("root", parameters, group);
            Train(optimizer, parameters, 1, 2);
            var failure = Assert.ThrowsAny<IOException>(() => optimizer.Save(Path.Combine(Path.GetTempPath(), "no such folder", "state")));
            Assert.Equal(group.Rank != 0, failure.Message.StartsWith("Rank 0: ", StringComparison.Ordinal));
            Train(optimizer, parameters, 3, 4);
            return RankModel.Hash(parameters);
        });
        Assert.Single(hashes.Distinct());
    }

    [Fact]
    public void Calls_that_see_the_state_of_one_rank_alone_name_Save()
    {
        ThreadGroup.Run(2, group => InFolder(path =>
        {
            using var optimizer = RankModel.Make("root", RankModel.Parameters(), group);
            Assert.Contains("use Save", Assert.Throws<InvalidOperationException>(() => optimizer.save_state_dict(path)).Message);
            Assert.Contains("use Save", Assert.Throws<InvalidOperationException>(() => optimizer.state_dict()).Message);
            using var other = RankModel.Make("root", RankModel.Parameters());
            Assert.Contains("use Save",
                Assert.Throws<InvalidOperationException>(() => optimizer.load_state_dict(other.state_dict())).Message);
            return 0;
        }));
    }
}
