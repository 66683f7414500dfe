using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Root.Optimizers.Distributed;

/// <summary>What of CUDA's runtime, and of tensors, TorchSharp does not show; <see cref="NcclLibrary"/> says whose.</summary>
internal static class Cuda
{
    /// <summary>Under which CUDA's runtime is found: the one that libtorch uses, whose current device is libtorch's.</summary>
    public const string Library = "cudart";

    /// <summary>cudaEventDisableTiming.</summary>
    public const uint WithoutTiming = 2;

    [DllImport(Library)]
    public static extern int cudaSetDevice(int device);

    [DllImport(Library)]
    public static extern int cudaEventCreateWithFlags(out nint made, uint flags);

    [DllImport(Library)]
    public static extern int cudaEventRecord(nint mark, nint stream);

    /// <summary>cudaErrorNotReady: the mark has not been reached.</summary>
    public const int NotReady = 600;

    /// <summary>0 when all is done that stood before the mark, or <see cref="NotReady"/>.</summary>
    [DllImport(Library)]
    public static extern int cudaEventQuery(nint mark);

    [DllImport(Library)]
    public static extern int cudaEventDestroy(nint mark);

    [DllImport(Library)]
    private static extern nint cudaGetErrorString(int code);

    /// <exception cref="InvalidOperationException">A call has failed.</exception>
    public static void Check(string call, int code)
    {
        if (code != 0) throw new InvalidOperationException(Text(call, code));
    }

    /// <summary>What a result means.</summary>
    public static string Text(string call, int code) => $"CUDA: {call}: {Marshal.PtrToStringUTF8(cudaGetErrorString(code))}.";

    /// <summary>Where a tensor's entries begin, on whatever device; TorchSharp's own accessors are for the host's memory alone.</summary>
    public static nint Address(Tensor x)
    {
        var address = THSTensor_data(x.Handle);
        GC.KeepAlive(x);
        return address;
    }

    [DllImport("LibTorchSharp")]
    private static extern nint THSTensor_data(nint tensor);
}
