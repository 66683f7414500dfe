#nullable enable
using System.Runtime.InteropServices;

namespace TorchSharp;

// What concerns the whole process: devices, seeds, threads, versions and dispose scopes.
public static partial class torch
{
    public static string __version__ => Marshal.PtrToStringUTF8(Native.Version())!;

    public static bool TryInitializeDeviceType(DeviceType deviceType) =>
        deviceType != DeviceType.CUDA || Native.CudaAvailable() != 0;

    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (!TryInitializeDeviceType(deviceType))
            throw new InvalidOperationException($"The device type {deviceType} is not available on this machine.");
    }

    public static Device InitializeDevice(Device? device)
    {
        device ??= get_default_device();
        InitializeDeviceType(device.type);
        return device;
    }

    private static ScalarType s_defaultDtype = ScalarType.Float32;
    private static Device s_defaultDevice = CPU;

    public static ScalarType get_default_dtype() => s_defaultDtype;

    public static void set_default_dtype(ScalarType dtype) => s_defaultDtype = is_floating_point(dtype)
        ? dtype
        : throw new ArgumentException("The default type has to be a floating-point type.");

    public static Device get_default_device() => s_defaultDevice;
    public static void set_default_device(string device) => set_default_device(new Device(device));
    public static void set_default_device(Device device) =>
        s_defaultDevice = device ?? throw new ArgumentNullException(nameof(device));

    public static DisposeScope NewDisposeScope() => DisposeScopeManager.ThreadSingleton.NewDisposeScope();

    public static DisposeScope? CurrentDisposeScope => DisposeScopeManager.ThreadSingleton.CurrentDisposeScope;

    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using var scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }

    public static int get_num_threads() => Native.GetNumThreads();
    public static void set_num_threads(int num) => Native.Check(Native.SetNumThreads(num));
    public static int get_num_interop_threads() => Native.GetNumInteropThreads();
    public static void set_num_interop_threads(int num) => Native.Check(Native.SetNumInteropThreads(num));

    public static Generator manual_seed(long seed)
    {
        Native.Check(Native.ManualSeed(seed));
        return Generator.Default;
    }

    public static long seed() => Generator.Default.seed();
    public static Tensor get_rng_state() => Generator.Default.get_state();
    public static void set_rng_state(Tensor new_state) => Generator.Default.set_state(new_state);

    public static partial class random
    {
        public static Generator manual_seed(long seed) => torch.manual_seed(seed);
        public static long seed() => torch.seed();
        public static long initial_seed() => Generator.Default.initial_seed();
        public static Tensor get_rng_state() => torch.get_rng_state();
        public static void set_rng_state(Tensor new_state) => torch.set_rng_state(new_state);
    }

    public static partial class backends
    {
        public static partial class cuda
        {
            public static partial class matmul
            {
                public static bool allow_tf32
                {
                    get => Native.AllowTF32(set: 0, value: 0) != 0;
                    set => Native.AllowTF32(set: 1, value ? 1 : 0);
                }
            }
        }

        public static partial class cudnn
        {
            public static bool allow_tf32
            {
                get => Native.AllowTF32Cudnn(set: 0, value: 0) != 0;
                set => Native.AllowTF32Cudnn(set: 1, value ? 1 : 0);
            }
        }
    }

    public static bool cuda_is_available() => cuda.is_available();

    public static partial class cuda
    {
        public static bool is_available() => Native.CudaAvailable() != 0;
        public static bool is_cudnn_available() => Native.CudnnAvailable() != 0;
        public static int device_count() => Native.CudaDeviceCount();
        public static void manual_seed(long seed) => Native.Check(Native.CudaManualSeed(seed, all: 0));
        public static void manual_seed_all(long seed) => Native.Check(Native.CudaManualSeed(seed, all: 1));
        public static void synchronize(Device? device = null) =>
            Native.Check(Native.CudaSynchronize(device?.index ?? -1));
    }
}
