namespace TorchSharp;

/// <summary>What an <see cref="Arg"/> holds; the numbers are those of Tag in shim.cpp.</summary>
internal enum ArgKind
{
    None, Tensor, Int, Double, Bool, Complex, IntList, DoubleList, TensorList, String, Device, Generator
}

/// <summary>One argument of an ATen operator. The shim converts it to what the operator's schema wants.</summary>
internal readonly struct Arg
{
    private readonly object _object;
    private readonly long _bits;
    private readonly ArgKind _kind;

    private Arg(ArgKind kind, object value, long bits = 0) => (_kind, _object, _bits) = (kind, value, bits);

    internal static Arg None => default;

    public static implicit operator Arg(torch.Tensor value) => value is null ? None : new(ArgKind.Tensor, value);
    public static implicit operator Arg(long value) => new(ArgKind.Int, null, value);
    public static implicit operator Arg(int value) => new(ArgKind.Int, null, value);
    public static implicit operator Arg(bool value) => new(ArgKind.Bool, null, value ? 1 : 0);
    public static implicit operator Arg(double value) =>
        new(ArgKind.Double, null, BitConverter.DoubleToInt64Bits(value));
    public static implicit operator Arg(torch.ScalarType value) => new(ArgKind.Int, null, (long)value);
    public static implicit operator Arg(long[] value) => value is null ? None : new(ArgKind.IntList, value);
    public static implicit operator Arg(double[] value) => value is null ? None : new(ArgKind.DoubleList, value);
    public static implicit operator Arg(torch.Tensor[] value) => value is null ? None : new(ArgKind.TensorList, value);
    public static implicit operator Arg(string value) => value is null ? None : new(ArgKind.String, value);
    public static implicit operator Arg(torch.Device value) => value is null ? None : new(ArgKind.Device, value);
    public static implicit operator Arg(torch.Generator value) => value is null ? None : new(ArgKind.Generator, value);
    public static implicit operator Arg(Scalar value) =>
        value is null ? None : new(value.Kind, value.Kind == ArgKind.Complex ? value : null, value.Bits);

    // An optional argument that is left out is passed as None, for which the schema's own default stands.
    public static implicit operator Arg(long? value) => value is { } v ? v : None;
    public static implicit operator Arg(double? value) => value is { } v ? v : None;
    public static implicit operator Arg(bool? value) => value is { } v ? v : None;
    public static implicit operator Arg(torch.ScalarType? value) => value is { } v ? v : None;

    /// <summary>How many 8-byte words <see cref="Write"/> needs beside the value itself.</summary>
    internal int Words => _kind switch
    {
        ArgKind.Complex => 2,
        ArgKind.IntList or ArgKind.DoubleList or ArgKind.TensorList => ((Array)_object).Length,
        ArgKind.String => ((string)_object).Length / 2 + 1,
        _ => 0,
    };

    internal unsafe void Write(NativeValue* value, ref long* scratch)
    {
        value->Kind = _kind;
        value->Length = 0;
        value->Bits = _bits;
        switch (_kind)
        {
            case ArgKind.Tensor:
                value->Bits = ((torch.Tensor)_object).Handle;
                break;
            case ArgKind.Generator:
                value->Bits = ((torch.Generator)_object).Handle;
                break;
            case ArgKind.Device:
                var device = (torch.Device)_object;
                value->Length = (int)device.type;
                value->Bits = device.index;
                break;
            case ArgKind.Complex:
                var number = ((Scalar)_object).Complex;
                value->Bits = (IntPtr)scratch;
                *scratch++ = BitConverter.DoubleToInt64Bits(number.Real);
                *scratch++ = BitConverter.DoubleToInt64Bits(number.Imaginary);
                break;
            case ArgKind.IntList:
                WriteList(value, ref scratch, (long[])_object);
                break;
            case ArgKind.DoubleList:
                WriteList(value, ref scratch, System.Runtime.InteropServices.MemoryMarshal.Cast<double, long>(
                    (double[])_object));
                break;
            case ArgKind.TensorList:
                var tensors = (torch.Tensor[])_object;
                value->Length = tensors.Length;
                value->Bits = (IntPtr)scratch;
                foreach (var tensor in tensors) *scratch++ = tensor is null ? 0 : tensor.Handle;
                break;
            case ArgKind.String:
                var text = (string)_object;
                value->Bits = (IntPtr)scratch;
                value->Length = System.Text.Encoding.ASCII.GetBytes(text, new Span<byte>(scratch, text.Length));
                scratch += Words;
                break;
        }
    }

    private static unsafe void WriteList(NativeValue* value, ref long* scratch, ReadOnlySpan<long> items)
    {
        value->Length = items.Length;
        value->Bits = (IntPtr)scratch;
        items.CopyTo(new Span<long>(scratch, items.Length));
        scratch += items.Length;
    }

    /// <summary>Holds off the finalizer of what the argument refers to until here.</summary>
    internal void KeepAlive() => GC.KeepAlive(_object);
}

/// <summary>An argument or result as the shim lays it out: Value in shim.cpp.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential)]
internal struct NativeValue
{
    internal ArgKind Kind;
    internal int Length;
    internal long Bits;
}
