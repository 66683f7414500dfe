using System.Runtime.InteropServices;

namespace Root.Optimizers.Distributed;

/// <summary>NCCL's functions, by their own names and with the numbers of its nccl.h (2.13 or later); <see cref="NcclLibrary"/> says
/// whose.</summary>
internal static class Nccl
{
    /// <summary>Under which the library that was found is bound.</summary>
    public const string Library = "nccl";

    /// <summary>ncclDataType_t.</summary>
    public const int UInt8 = 1, Float32 = 7, Float64 = 8;

    /// <summary>ncclRedOp_t.</summary>
    public const int Sum = 0;

    /// <summary>ncclInProgress, of ncclResult_t: no error.</summary>
    public const int InProgress = 7;

    /// <summary>ncclUniqueId, by which ranks find each other.</summary>
    public unsafe struct UniqueId
    {
        /// <summary>NCCL_UNIQUE_ID_BYTES.</summary>
        public const int Bytes = 128;

        private fixed byte _bytes[Bytes];
    }

    [DllImport(Library)]
    public static extern int ncclGetUniqueId(out UniqueId id);

    [DllImport(Library)]
    public static extern int ncclCommInitRank(out nint communicator, int ranks, UniqueId id, int rank);

    [DllImport(Library)]
    public static extern int ncclCommDestroy(nint communicator);

    [DllImport(Library)]
    public static extern int ncclCommAbort(nint communicator);

    [DllImport(Library)]
    public static extern int ncclCommGetAsyncError(nint communicator, out int error);

    [DllImport(Library)]
    public static extern int ncclAllReduce(nint send, nint receive, nuint count, int type, int op, nint communicator, nint stream);

    [DllImport(Library)]
    public static extern int ncclReduce(nint send, nint receive, nuint count, int type, int op, int root, nint communicator, nint stream);

    [DllImport(Library)]
    public static extern int ncclBroadcast(nint send, nint receive, nuint count, int type, int root, nint communicator, nint stream);

    [DllImport(Library)]
    public static extern int ncclGroupStart();

    [DllImport(Library)]
    public static extern int ncclGroupEnd();

    [DllImport(Library)]
    private static extern nint ncclGetErrorString(int code);

    [DllImport(Library)]
    private static extern nint ncclGetLastError(nint communicator);

    /// <exception cref="InvalidOperationException">A call has failed.</exception>
    public static void Check(string call, int code, nint communicator = 0)
    {
        if (code != 0) throw new InvalidOperationException($"NCCL: {call}: {Text(code, communicator)}");
    }

    /// <summary>What a result means, and what NCCL says beside it.</summary>
    public static string Text(int code, nint communicator) =>
        $"{Marshal.PtrToStringUTF8(ncclGetErrorString(code))}. {Marshal.PtrToStringUTF8(ncclGetLastError(communicator))}".TrimEnd();
}
