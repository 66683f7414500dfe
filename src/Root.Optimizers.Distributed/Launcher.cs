namespace Root.Optimizers.Distributed;

/// <summary>What has started this process, as its environment says.</summary>
/// <param name="Name">Of the launcher.</param>
/// <param name="Size">How many ranks it has started.</param>
/// <param name="Rank">Which one this is.</param>
/// <param name="Libraries">Names of MPI's shared library that go with it, the likeliest first.</param>
internal sealed record Launcher(string Name, int Size, int Rank, string[] Libraries)
{
    /// <summary>An environment variable that names another library, to be taken.</summary>
    public const string LibraryVariable = "ROOT_OPTIMIZERS_MPI";

    private static readonly string[] OpenMpi = ["libmpi.so.40", "libmpi.40.dylib"];

    private static readonly string[] Mpich = ["libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib"];

    /// <summary>The launcher, or null where the process was started by itself.</summary>
    public static Launcher? Find() =>
        Of("Open MPI's mpirun", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", [.. OpenMpi, .. Mpich])
        ?? Of("MPICH's mpiexec", "PMI_SIZE", "PMI_RANK", [.. Mpich, .. OpenMpi])
        ?? Of("SLURM's srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", [.. OpenMpi, .. Mpich]);

    private static Launcher? Of(string name, string size, string rank, string[] libraries) =>
        Number(size) is { } ranks && Number(rank) is { } own
            ? new(name, ranks, own, Environment.GetEnvironmentVariable(LibraryVariable) is { Length: > 0 } other ? [other] : libraries)
            : null;

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : null;
}
