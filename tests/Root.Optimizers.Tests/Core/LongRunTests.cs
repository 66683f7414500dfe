using System.Diagnostics;
using Root.Optimizers.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Core;

/// <summary>What shows only in the long run: ./run test --long.</summary>
[Trait("speed", "long")]
public class LongRunTests(ITestOutputHelper output)
{
    /// <summary>Tells the process that is to be killed where to save.</summary>
    private const string PathVariable = "ROOT_SAVES_UNTIL_KILLED";

    [Theory(Explicit = true), MemberData(nameof(MixedModel.Kinds), MemberType = typeof(MixedModel))]
    public void Ten_thousand_steps_keep_memory_and_stay_on_the_manifold(string kind)
    {
        var (parameters, optimizer) = MixedModel.Make(kind);
        foreach (var group in optimizer.ParamGroups) group.LearningRate = 1e-3;
        (long tensors, long bytes) Held()
        {
            foreach (var parameter in parameters) parameter.grad = null;
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return (LiveTensors.Count, GC.GetTotalMemory(forceFullCollection: true));
        }
        void Run(int from, int to)
        {
            for (var step = from; step < to; step++)
            {
                using var scope = NewDisposeScope();
                random.manual_seed(step);
                MixedModel.Gradients(parameters, step);
                optimizer.step();
            }
        }
        Run(0, 1_000);
        var before = Held();
        Run(1_000, 10_000);
        var after = Held();
        output.WriteLine($"{kind}: {before.tensors} and {after.tensors} tensors, {before.bytes:N0} and {after.bytes:N0} managed bytes.");
        Assert.Equal(before.tensors, after.tensors);
        Assert.InRange(after.bytes - before.bytes, long.MinValue, 100_000);
        Assert.All(parameters, p => Assert.True(p.isfinite().all().item<bool>()));
        var (_, anew) = MixedModel.Make(kind, [.. parameters.Select(p => p.detach())]);
        var placements = anew switch
        {
            ManifoldMuon muon => muon.Placements,
            HypersphericalDescent spheres => spheres.Placements,
            _ => [],
        };
        foreach (var (parameter, manifold, _, distance, _) in placements)
            output.WriteLine($"{parameter.Name}: {distance:G3} off {manifold}");
        Assert.All(placements, placement => Assert.False(placement.Moved));
        anew.Dispose();
        optimizer.Dispose();
    }

    [Fact(Explicit = true)]
    public void A_process_killed_while_it_saves_leaves_the_old_file_or_the_new_one()
    {
        const int Kills = 40;
        var folder = Directory.CreateTempSubdirectory().FullName;
        var (path, random, last, leftOver) = (Path.Combine(folder, "state.safetensors"), new Random(1), 0L, 0);
        for (var kill = 0; kill < Kills; kill++)
        {
            var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Root.Optimizers.Tests"),
                ["-explicit", "only", "-method", $"*.{nameof(Saves_until_it_is_killed)}"]) { RedirectStandardOutput = true };
            start.Environment[PathVariable] = path;
            var written = File.GetLastWriteTimeUtc(path);
            using (var process = Process.Start(start)!)
            {
                while (File.GetLastWriteTimeUtc(path) == written)
                {
                    Assert.False(process.HasExited, process.HasExited ? process.StandardOutput.ReadToEnd() : "");
                    Thread.Sleep(5);
                }
                Thread.Sleep(random.Next(200));
                process.Kill();
                process.WaitForExit();
            }
            using var optimizer = Large();
            optimizer.Load(path);
            var steps = optimizer.Slots.Max(slot => slot.Kept.step);
            Assert.True(steps > last, $"after {last} steps were saved, {steps} are");
            last = steps;
            foreach (var file in Directory.GetFiles(folder).Where(file => file != path))
            {
                Assert.EndsWith(".tmp", file);
                File.Delete(file);
                leftOver++;
            }
        }
        Directory.Delete(folder, recursive: true);
        output.WriteLine($"{Kills} kills, {leftOver} of them within a save: every file whole, {last} steps in all.");
    }

    /// <summary>What the test above starts and kills: a run that is resumed, stepped and saved again and again.</summary>
    [Fact(Explicit = true)]
    public void Saves_until_it_is_killed()
    {
        var path = Environment.GetEnvironmentVariable(PathVariable);
        Assert.SkipWhen(path is null, "started and killed by another test");
        using var optimizer = Large();
        if (File.Exists(path)) optimizer.Load(path);
        foreach (var parameter in optimizer.parameters()) parameter.grad = ones_like(parameter);
        while (true)
        {
            optimizer.step();
            optimizer.Save(path);
        }
    }

    /// <summary>16 MB of state, which take longer to save than to step.</summary>
    private static Muon Large() => new([("w.bias", Models.Parameter(2_000_000))], lr: 0.01);
}
