using Root.Optimizers;
using TorchSharp.Modules;

namespace CharGpt;

/// <summary>
/// Checkpoints of an optimizer whose state is spread over ranks. They hold what one process writes, by way of an optimizer that has the
/// whole of it, for a moment: so that a run goes on on any number of ranks, one among them.
/// </summary>
/// <param name="make">Makes such an optimizer.</param>
internal sealed class SharedState(IProcessGroup group, OptimizerHelper optimizer, Func<OptimizerHelper> make)
{
    /// <summary>Writes a checkpoint, on rank 0; every rank calls it.</summary>
    /// <param name="write">Given the optimizer that is to be written.</param>
    public void Save(Action<OptimizerHelper> write)
    {
        if (group.Size > 1 && optimizer is MatrixOptimizer spread)
        {
            TemporaryFile(path =>
            {
                spread.Save(path);
                if (group.Rank == 0)
                {
                    using var whole = (MatrixOptimizer)make();
                    whole.Load(path);
                    write(whole);
                }
            });
        }
        else if (group.Rank == 0)
        {
            write(optimizer);
        }
    }

    /// <summary>Loads a checkpoint; every rank calls it.</summary>
    /// <param name="load">Loads it into an optimizer that keeps all of its state.</param>
    public void Load(Action<OptimizerHelper> load)
    {
        if (group.Size > 1 && optimizer is MatrixOptimizer spread)
        {
            TemporaryFile(path =>
            {
                using (var whole = (MatrixOptimizer)make())
                {
                    load(whole);
                    whole.Save(path);
                }

                spread.Load(path);
            });
        }
        else
        {
            load(optimizer);
        }
    }

    private static void TemporaryFile(Action<string> use)
    {
        var folder = Directory.CreateTempSubdirectory("chargpt-");
        try
        {
            use(Path.Combine(folder.FullName, "optimizer.safetensors"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
