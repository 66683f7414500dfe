using System.Runtime.InteropServices;

namespace Root.Optimizers.Distributed;

/// <summary>
/// The system's MPI: Open MPI, whose handles are addresses of exported objects, or MPICH and what has its binary interface, whose
/// handles are numbers (its mpi.h). Both fit in an address; MPICH reads the lower half.
/// </summary>
internal sealed class MpiLibrary
{
    private readonly nint _library;

    private MpiLibrary(nint library, string name)
    {
        _library = library;
        IsOpenMpi = NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _);
        Name = $"{(IsOpenMpi ? "Open MPI" : "MPICH")} ({name})";
        World = Handle("ompi_mpi_comm_world", 0x44000000);
        Bytes = Handle("ompi_mpi_byte", 0x4c00010d);
        Float = Handle("ompi_mpi_float", 0x4c00040a);
        Double = Handle("ompi_mpi_double", 0x4c00080b);
        Sum = Handle("ompi_mpi_op_sum", 0x58000003);
        ErrorsReturn = Handle("ompi_mpi_errors_return", 0x54000001);
        NoInfo = Handle("ompi_mpi_info_null", 0x1c000000);
        InPlace = IsOpenMpi ? 1 : -1;
        IgnoredStatus = IsOpenMpi ? 0 : 1;
        SharedMemory = IsOpenMpi ? 0 : 1;
    }

    public bool IsOpenMpi { get; }

    /// <summary>For messages.</summary>
    public string Name { get; }

    public nint World { get; }

    public nint Bytes { get; }

    public nint Float { get; }

    public nint Double { get; }

    public nint Sum { get; }

    public nint ErrorsReturn { get; }

    public nint NoInfo { get; }

    public nint InPlace { get; }

    public nint IgnoredStatus { get; }

    /// <summary>MPI_COMM_TYPE_SHARED.</summary>
    public int SharedMemory { get; }

    /// <summary>Loads the first that there is.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static MpiLibrary Load(Launcher launcher)
    {
        // UCX, on which both may run, else takes SIGSEGV, by which .NET makes NullReferenceExceptions, and ends the process.
        SetEnvironment("UCX_ERROR_SIGNALS", "");
        foreach (var name in launcher.Libraries)
            if (NativeLibrary.TryLoad(name, out var library))
            {
                NativeImports.Bind(Mpi.Library, library);
                return new(library, name);
            }
        throw new InvalidOperationException($"{launcher.Name} has started this program, and there is no MPI library for it: none of "
            + $"{string.Join(", ", launcher.Libraries)} can be loaded. On Debian: apt-get install openmpi-bin, or mpich.");
    }

    private nint Handle(string openMpi, int mpich) => IsOpenMpi ? NativeLibrary.GetExport(_library, openMpi) : mpich;

    /// <summary>For native code too, which .NET's own does not reach.</summary>
    private static void SetEnvironment(string name, string value)
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()) _ = setenv(name, value, overwrite: 0);
    }

    [DllImport("libc")]
    private static extern int setenv([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value,
        int overwrite);
}
