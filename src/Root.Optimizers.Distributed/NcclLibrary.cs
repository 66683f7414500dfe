using System.Runtime.InteropServices;
using TorchSharp;

namespace Root.Optimizers.Distributed;

/// <summary>
/// NCCL and CUDA's runtime: libtorch's, where they lie within libtorch_cuda.so or are linked to it, as in PyTorch's wheels; else the
/// system's.
/// </summary>
internal static class NcclLibrary
{
    private const string Torch = "libtorch_cuda.so";

    /// <summary>Finds them.</summary>
    /// <exception cref="InvalidOperationException">There is no CUDA device, or none of the libraries.</exception>
    public static void Load()
    {
        // Makes TorchSharp load its library, too.
        if (!torch.cuda.is_available()) throw new InvalidOperationException("NCCL needs a CUDA device, and TorchSharp finds none.");
        NativeImports.Bind(Cuda.Library, Find("CUDA's runtime", nameof(Cuda.cudaSetDevice), "libcudart.so.12", "libcudart.so.13"));
        NativeImports.Bind(Nccl.Library, Find("NCCL", nameof(Nccl.ncclGetUniqueId), "libnccl.so.2"));
    }

    /// <summary>The first library that has a function. A look-up goes on to the libraries that one is linked to.</summary>
    private static nint Find(string what, string function, params string[] system)
    {
        foreach (var name in system.Prepend(Torch))
            if (NativeLibrary.TryLoad(name, out var library) && NativeLibrary.TryGetExport(library, function, out _)) return library;
        throw new InvalidOperationException($"There is no {what}: {Torch} has no {function}, and {string.Join(" or ", system)} cannot be "
            + "loaded. Put NVIDIA's library where the loader looks, such as in LD_LIBRARY_PATH.");
    }
}
