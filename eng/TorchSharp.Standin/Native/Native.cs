using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>The entries of shim.cpp.</summary>
internal static unsafe partial class Native
{
    private const string Library = "TorchSharpStandin";

    /// <summary>Throws what libtorch last said on this thread, as TorchSharp does.</summary>
    internal static void Throw() =>
        throw new ExternalException(Marshal.PtrToStringUTF8(LastError()));

    internal static IntPtr Check(IntPtr result)
    {
        if (result == IntPtr.Zero) Throw();
        return result;
    }

    internal static void Check(int result)
    {
        if (result < 0) Throw();
    }

    [LibraryImport(Library, EntryPoint = "standin_error")]
    private static partial IntPtr LastError();
    [LibraryImport(Library, EntryPoint = "standin_version")]
    internal static partial IntPtr Version();

    [LibraryImport(Library, EntryPoint = "standin_find", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial IntPtr Find(string name, string overload);
    [LibraryImport(Library, EntryPoint = "standin_call")]
    internal static partial int Call(IntPtr op, NativeValue* arguments, int count, NativeValue** results);

    [LibraryImport(Library, EntryPoint = "standin_dispose")]
    internal static partial void Dispose(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_share")]
    internal static partial IntPtr Share(IntPtr tensor);

    // These only read a field, so the switch of the garbage collector's mode would cost more than the call.
    [LibraryImport(Library, EntryPoint = "standin_dim"), SuppressGCTransition]
    internal static partial long Dim(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_numel"), SuppressGCTransition]
    internal static partial long Numel(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_element_size"), SuppressGCTransition]
    internal static partial long ElementSize(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_dtype"), SuppressGCTransition]
    internal static partial int Dtype(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_device_type"), SuppressGCTransition]
    internal static partial int DeviceType(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_device_index"), SuppressGCTransition]
    internal static partial int DeviceIndex(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_requires_grad"), SuppressGCTransition]
    internal static partial int RequiresGrad(IntPtr tensor);

    [LibraryImport(Library, EntryPoint = "standin_is_leaf")]
    internal static partial int IsLeaf(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_is_sparse")]
    internal static partial int IsSparse(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_sizes")]
    internal static partial IntPtr Sizes(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_strides")]
    internal static partial IntPtr Strides(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_is_contiguous")]
    internal static partial int IsContiguous(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_storage_offset")]
    internal static partial long StorageOffset(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_data")]
    internal static partial IntPtr Data(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_storage_data")]
    internal static partial IntPtr StorageData(IntPtr tensor, long* bytes);
    [LibraryImport(Library, EntryPoint = "standin_set_requires_grad")]
    internal static partial int SetRequiresGrad(IntPtr tensor, int value);
    [LibraryImport(Library, EntryPoint = "standin_grad")]
    internal static partial IntPtr Grad(IntPtr tensor);
    [LibraryImport(Library, EntryPoint = "standin_set_grad")]
    internal static partial int SetGrad(IntPtr tensor, IntPtr grad);
    [LibraryImport(Library, EntryPoint = "standin_from_memory")]
    internal static partial IntPtr FromMemory(void* data, long* sizes, int dim, int from, int to, int deviceType,
        int deviceIndex, int requiresGrad, delegate* unmanaged<void*, void> release, IntPtr owner);

    [LibraryImport(Library, EntryPoint = "standin_index")]
    internal static partial IntPtr Index(IntPtr tensor, NativeIndex* indices, int count);
    [LibraryImport(Library, EntryPoint = "standin_index_put")]
    internal static partial int IndexPut(IntPtr tensor, NativeIndex* indices, int count, NativeValue* value,
        int accumulate);
    [LibraryImport(Library, EntryPoint = "standin_pick")]
    internal static partial IntPtr Pick(IntPtr tensor, long* places, int count);
    [LibraryImport(Library, EntryPoint = "standin_pick_put")]
    internal static partial int PickPut(IntPtr tensor, long* places, int count, IntPtr value);

    [LibraryImport(Library, EntryPoint = "standin_backward")]
    internal static partial int Backward(IntPtr* tensors, int count, IntPtr* gradients, int retainGraph,
        int createGraph, IntPtr* inputs, int inputCount);
    [LibraryImport(Library, EntryPoint = "standin_autograd_grad")]
    internal static partial int AutogradGrad(IntPtr* outputs, int count, IntPtr* inputs, int inputCount,
        IntPtr* gradients, int gradientCount, int retainGraph, int createGraph, int allowUnused, IntPtr* results);
    [LibraryImport(Library, EntryPoint = "standin_grad_enabled")]
    internal static partial int GradEnabled();
    [LibraryImport(Library, EntryPoint = "standin_set_grad_enabled")]
    internal static partial void SetGradEnabled(int value);
    [LibraryImport(Library, EntryPoint = "standin_inference_begin")]
    internal static partial IntPtr InferenceBegin(int value);
    [LibraryImport(Library, EntryPoint = "standin_inference_end")]
    internal static partial void InferenceEnd(IntPtr guard);
    [LibraryImport(Library, EntryPoint = "standin_inference_enabled")]
    internal static partial int InferenceEnabled();

    [LibraryImport(Library, EntryPoint = "standin_manual_seed")]
    internal static partial int ManualSeed(long seed);
    [LibraryImport(Library, EntryPoint = "standin_default_generator")]
    internal static partial IntPtr DefaultGenerator(int deviceType, int deviceIndex);
    [LibraryImport(Library, EntryPoint = "standin_new_generator")]
    internal static partial IntPtr NewGenerator(long seed, int deviceType, int deviceIndex);
    [LibraryImport(Library, EntryPoint = "standin_dispose_generator")]
    internal static partial void DisposeGenerator(IntPtr generator);
    [LibraryImport(Library, EntryPoint = "standin_generator_set_seed")]
    internal static partial int GeneratorSetSeed(IntPtr generator, long seed);
    [LibraryImport(Library, EntryPoint = "standin_generator_seed")]
    internal static partial long GeneratorSeed(IntPtr generator);
    [LibraryImport(Library, EntryPoint = "standin_generator_reseed")]
    internal static partial long GeneratorReseed(IntPtr generator);
    [LibraryImport(Library, EntryPoint = "standin_generator_state")]
    internal static partial IntPtr GeneratorState(IntPtr generator);
    [LibraryImport(Library, EntryPoint = "standin_generator_set_state")]
    internal static partial int GeneratorSetState(IntPtr generator, IntPtr state);

    [LibraryImport(Library, EntryPoint = "standin_get_num_threads")]
    internal static partial int GetNumThreads();
    [LibraryImport(Library, EntryPoint = "standin_set_num_threads")]
    internal static partial int SetNumThreads(int n);
    [LibraryImport(Library, EntryPoint = "standin_get_num_interop_threads")]
    internal static partial int GetNumInteropThreads();
    [LibraryImport(Library, EntryPoint = "standin_set_num_interop_threads")]
    internal static partial int SetNumInteropThreads(int n);
    [LibraryImport(Library, EntryPoint = "standin_cuda_available")]
    internal static partial int CudaAvailable();
    [LibraryImport(Library, EntryPoint = "standin_cudnn_available")]
    internal static partial int CudnnAvailable();
    [LibraryImport(Library, EntryPoint = "standin_cuda_device_count")]
    internal static partial int CudaDeviceCount();
    [LibraryImport(Library, EntryPoint = "standin_cuda_synchronize")]
    internal static partial int CudaSynchronize(long device);
    [LibraryImport(Library, EntryPoint = "standin_cuda_manual_seed")]
    internal static partial int CudaManualSeed(long seed, int all);
    [LibraryImport(Library, EntryPoint = "standin_allow_tf32")]
    internal static partial int AllowTF32(int set, int value);
    [LibraryImport(Library, EntryPoint = "standin_allow_tf32_cudnn")]
    internal static partial int AllowTF32Cudnn(int set, int value);
}
