using System.Runtime.InteropServices;
using System.Text;

namespace Root.Optimizers.Distributed;

/// <summary>MPI's functions, by their own names; <see cref="MpiLibrary"/> says whose.</summary>
internal static class Mpi
{
    /// <summary>Under which the library that was loaded is found.</summary>
    public const string Library = "mpi";

    /// <summary>MPI_THREAD_FUNNELED: one thread calls, always the same.</summary>
    public const int Funneled = 1;

    [DllImport(Library)]
    public static extern int MPI_Init_thread(nint argc, nint argv, int required, out int provided);

    [DllImport(Library)]
    public static extern int MPI_Finalize();

    [DllImport(Library)]
    public static extern int MPI_Abort(nint comm, int code);

    [DllImport(Library)]
    public static extern int MPI_Comm_rank(nint comm, out int rank);

    [DllImport(Library)]
    public static extern int MPI_Comm_size(nint comm, out int size);

    [DllImport(Library)]
    public static extern int MPI_Comm_split_type(nint comm, int type, int key, nint info, out nint split);

    [DllImport(Library)]
    public static extern int MPI_Comm_set_errhandler(nint comm, nint handler);

    [DllImport(Library)]
    public static extern int MPI_Error_string(int code, byte[] text, out int length);

    [DllImport(Library)]
    public static extern int MPI_Iallgather(nint send, int sendCount, nint sendType, nint receive, int count, nint type, nint comm,
        ref nint request);

    [DllImport(Library)]
    public static extern int MPI_Test(ref nint request, out int done, nint status);

    [DllImport(Library)]
    public static extern int MPI_Allreduce(nint send, nint receive, int count, nint type, nint op, nint comm);

    [DllImport(Library)]
    public static extern int MPI_Reduce_scatter(nint send, nint receive, int[] counts, nint type, nint op, nint comm);

    [DllImport(Library)]
    public static extern int MPI_Allgatherv(nint send, int count, nint sendType, nint receive, int[] counts, int[] places, nint type,
        nint comm);

    [DllImport(Library)]
    public static extern int MPI_Bcast(nint buffer, int count, nint type, int root, nint comm);

    /// <exception cref="InvalidOperationException">A call has failed.</exception>
    public static void Check(int code)
    {
        if (code == 0) return;
        var text = new byte[1024];
        _ = MPI_Error_string(code, text, out var length);
        throw new InvalidOperationException($"MPI: {Encoding.UTF8.GetString(text, 0, Math.Clamp(length, 0, text.Length))}");
    }
}
