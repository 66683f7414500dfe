using TorchSharp;
using static TorchSharp.torch;

namespace Root.Optimizers.Package.Tests.Pages;

/// <summary>Every block of C# on every page compiles and runs, one after the other in a folder of the page's own.</summary>
[Slow]
public class CodeTests
{
    public static TheoryData<string> Pages => [.. Page.All.Where(page => page.Blocks("csharp").Any()).Select(page => page.Path).Order()];

    [Theory, MemberData(nameof(Pages))]
    public void Every_block_runs(string path) => InFolder(() =>
    {
        foreach (var (line, code) in new Page(path).Blocks("csharp")) Run($"{path}:{line}", code);
    });

    [Fact]
    public void The_README_and_the_guide_have_such_blocks() => Assert.InRange(Pages.Count, 8, 100); // seen: 14

    [Fact]
    public void The_accumulated_step_is_that_of_the_whole_batch() => InFolder(() =>
    {
        RunOfLoopPage("gradients add up");
        var accumulated = Parameters();
        Surroundings.Renew();
        var whole = (inputs: cat([.. Surroundings.batches.Select(batch => batch.inputs)]),
            targets: cat([.. Surroundings.batches.Select(batch => batch.targets)]));
        using var optimizer = new RootOptimizer(Surroundings.model, lr: 2e-3);
        optimizer.zero_grad();
        Surroundings.loss(Surroundings.model, whole).backward();
        optimizer.step();
        Assert.InRange((Parameters() - accumulated).abs().max().item<float>(), 0, 1e-7f); // seen: 1.5e-8
    });

    [Fact]
    public void Scaling_the_loss_by_a_power_of_two_changes_no_step() => InFolder(() =>
    {
        RunOfLoopPage("(model.parameters(), 1.0);\n    optimizer.step();");
        var plain = Parameters();
        RunOfLoopPage("scale *= 2");
        Assert.Equal(0, (Parameters() - plain).abs().max().item<float>());
    });

    /// <summary>Runs the block of docs/in-the-loop.md that holds a text.</summary>
    private static void RunOfLoopPage(string text) =>
        Run(text, Assert.Single(new Page("docs/in-the-loop.md").Blocks("csharp"), block => block.code.Contains(text)).code);

    private static void Run(string name, string code)
    {
        Surroundings.Renew();
        CodeBlocks.Run(name, code);
    }

    private static Tensor Parameters() => cat([.. Surroundings.model.parameters().Select(p => p.detach().flatten())]);

    /// <summary>Runs what writes files to the current folder in a new one.</summary>
    private static void InFolder(Action run)
    {
        var before = Environment.CurrentDirectory;
        var folder = Directory.CreateTempSubdirectory("root-optimizers-page-");
        Environment.CurrentDirectory = folder.FullName;
        try
        {
            run();
        }
        finally
        {
            Environment.CurrentDirectory = before;
            folder.Delete(recursive: true);
        }
    }
}
