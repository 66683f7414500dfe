#nullable enable
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false) => arange(0, stop, 1, dtype, device, requires_grad);

    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false) => arange(start, stop, 1, dtype, device, requires_grad);

    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false)
    {
        dtype ??= is_integral(start.Type) && is_integral(stop.Type) && is_integral(step.Type)
            ? ScalarType.Int64
            : get_default_dtype();
        return Aten.Call("arange.start_step", start, stop, step, dtype, Arg.None, InitializeDevice(device))
            .requires_grad_(requires_grad);
    }

    public static Tensor linspace(double start, double end, long steps, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false) =>
        Aten.Call("linspace", Number(start), Number(end), steps, dtype ?? get_default_dtype(), Arg.None,
            InitializeDevice(device)).requires_grad_(requires_grad);

    public static Tensor logspace(double start, double end, long steps, double @base = 10, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false) =>
        Aten.Call("logspace", Number(start), Number(end), steps, @base, dtype ?? get_default_dtype(), Arg.None,
            InitializeDevice(device)).requires_grad_(requires_grad);

    private static Scalar Number(double value) => value;

    public static Tensor eye(long rows, long columns = -1, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null)
    {
        RefuseNames(names);
        return Aten.Call("eye.m", rows, columns == -1 ? rows : columns, dtype ?? get_default_dtype(), Arg.None,
            InitializeDevice(device)).requires_grad_(requires_grad);
    }

    public static Tensor complex(Tensor real, Tensor imag) => Aten.Call("complex", real, imag);

    public static Tensor sparse_coo_tensor(Tensor indices, Tensor values, long[] size, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        RefuseNames(names);
        return Aten.Call("sparse_coo_tensor.indices_size", indices, values, size, dtype ?? values.dtype, Arg.None,
            InitializeDevice(device)).requires_grad_(requires_grad);
    }

    public static Tensor tensor(float real, float imaginary, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false) => FromScalar((real, imaginary), dtype, device, requires_grad);

    public static Tensor tensor(double real, double imaginary, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false) => FromScalar(new Complex(real, imaginary), dtype, device, requires_grad);

    public static Tensor tensor((float Real, float Imaginary) scalar, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false) =>
        FromScalar((scalar.Real, scalar.Imaginary), dtype, device, requires_grad);

    public static Tensor tensor((double Real, double Imaginary) scalar, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false) =>
        FromScalar(new Complex(scalar.Real, scalar.Imaginary), dtype, device, requires_grad);

    public static Tensor as_tensor(Tensor data, ScalarType? dtype = null, Device? device = null)
    {
        var type = dtype ?? data.dtype;
        // Two Device objects are never equal, so TorchSharp too converts whenever one is given.
        if (device is not null) return data.to(type, device).requires_grad_(data.requires_grad);
        return type == data.dtype ? data.alias() : data.to(type).requires_grad_(data.requires_grad);
    }

    public static Tensor as_tensor(Array data, ScalarType? dtype = null, Device? device = null) =>
        from_array(data, dtype, device);

    public static Tensor from_array(Array rawArray, Device? device = null) =>
        from_array(rawArray, DtypeOf(rawArray), device ?? CPU);

    /// <summary>Shares the array's memory where the type and the device allow it.</summary>
    public static unsafe Tensor from_array(Array rawArray, ScalarType? dtype, Device? device = null,
        bool requires_grad = false, string[]? names = null)
    {
        RefuseNames(names);
        var pin = GCHandle.Alloc(rawArray, GCHandleType.Pinned);
        return Wrap((void*)pin.AddrOfPinnedObject(), Lengths(rawArray), DtypeOf(rawArray), dtype, device,
            requires_grad, &Unpin, GCHandle.ToIntPtr(pin));
    }

    public static Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1, long offset = 0,
        bool requires_grad = false)
    {
        if (offset < 0 || offset >= rawArray.LongLength)
            throw new ArgumentException("The offset lies outside of the array.", nameof(offset));
        if (count < 0) count = rawArray.LongLength - offset;
        if (count > rawArray.LongLength - offset)
            throw new IndexOutOfRangeException("The array has fewer elements than asked for.");
        return from_array(rawArray, dtype, requires_grad: requires_grad).narrow(0, offset, count);
    }

    private static unsafe Tensor FromArray<T>(Array source, ReadOnlySpan<long> dimensions, ScalarType? dtype,
        Device? device, bool requires_grad, string[]? names) where T : unmanaged
    {
        RefuseNames(names);
        var needed = 1L;
        foreach (var length in dimensions) needed *= length;
        if (needed > source.LongLength)
            throw new ArgumentException($"The tensor needs {needed} elements, and the array has {source.LongLength}.");
        fixed (byte* data = &MemoryMarshal.GetArrayDataReference(source))
            return Wrap(data, dimensions, ToScalarType(typeof(T)), dtype, device, requires_grad, null, IntPtr.Zero);
    }

    private static unsafe Tensor FromScalar<T>(T value, ScalarType? dtype, Device? device, bool requires_grad)
        where T : unmanaged
    {
        var type = ToScalarType(typeof(T));
        var scalar = Wrap(&value, [], type, null, device, requires_grad, null, IntPtr.Zero);
        if (dtype is null || dtype == type) return scalar;
        using (scalar) return scalar.to_type(dtype.Value);
    }

    private static unsafe Tensor Wrap(void* data, ReadOnlySpan<long> dimensions, ScalarType from, ScalarType? to,
        Device? device, bool requires_grad, delegate* unmanaged<void*, void> release, IntPtr owner)
    {
        device = InitializeDevice(device);
        fixed (long* sizes = dimensions)
            return new Tensor(Native.Check(Native.FromMemory(data, sizes, dimensions.Length, (int)from,
                (int)(to ?? from), (int)device.type, device.index, requires_grad ? 1 : 0, release, owner)));
    }

    [UnmanagedCallersOnly]
    private static unsafe void Unpin(void* owner) => GCHandle.FromIntPtr((IntPtr)owner).Free();

    private static long[] Lengths(Array array)
    {
        var lengths = new long[array.Rank];
        for (var i = 0; i < lengths.Length; i++) lengths[i] = array.GetLongLength(i);
        return lengths;
    }

    private static ScalarType DtypeOf(Array array) => ToScalarType(array.GetType().GetElementType()!);

    private static readonly Dictionary<Type, ScalarType> s_dtypes = new()
    {
        [typeof(bool)] = ScalarType.Bool,
        [typeof(byte)] = ScalarType.Byte,
        [typeof(sbyte)] = ScalarType.Int8,
        [typeof(short)] = ScalarType.Int16,
        [typeof(int)] = ScalarType.Int32,
        [typeof(long)] = ScalarType.Int64,
        [typeof(Half)] = ScalarType.Float16,
        [typeof(BFloat16)] = ScalarType.BFloat16,
        [typeof(float)] = ScalarType.Float32,
        [typeof(double)] = ScalarType.Float64,
        [typeof((float, float))] = ScalarType.ComplexFloat32,
        [typeof(Complex)] = ScalarType.ComplexFloat64,
    };

    private static readonly Dictionary<ScalarType, Type> s_types = s_dtypes.ToDictionary(p => p.Value, p => p.Key);

    internal static ScalarType ToScalarType(Type type) => s_dtypes.TryGetValue(type, out var dtype)
        ? dtype
        : throw new NotSupportedException($"There are no tensors of {type.FullName}.");

    internal static Type? DotnetType(ScalarType dtype) => s_types.GetValueOrDefault(dtype);
}
