#nullable enable
using System.Numerics;

namespace TorchSharp;

/// <summary>A number of one of the types that libtorch tells apart: integer, real, complex, boolean.</summary>
public sealed class Scalar : IDisposable
{
    private readonly ArgKind _kind;
    private readonly long _bits;
    private readonly Complex _complex;
    private bool _disposed;

    private Scalar(ArgKind kind, long bits, Complex complex = default) =>
        (_kind, _bits, _complex) = (kind, bits, complex);

    internal Scalar(long value) : this(ArgKind.Int, value) { }
    internal Scalar(double value) : this(ArgKind.Double, BitConverter.DoubleToInt64Bits(value)) { }
    internal Scalar(bool value) : this(ArgKind.Bool, value ? 1 : 0) { }
    internal Scalar(Complex value) : this(ArgKind.Complex, 0, value) { }

    internal ArgKind Kind => _disposed
        ? throw new InvalidOperationException("The scalar has been disposed.")
        : _kind;

    internal long Bits => _bits;
    internal Complex Complex => _complex;

    internal static unsafe Scalar Read(in NativeValue value)
    {
        if (value.Kind != ArgKind.Complex) return new Scalar(value.Kind, value.Bits);
        var parts = (double*)value.Bits;
        return new Scalar(new Complex(parts[0], parts[1]));
    }

    public torch.ScalarType Type => Kind switch
    {
        ArgKind.Double => torch.ScalarType.Float64,
        ArgKind.Bool => torch.ScalarType.Bool,
        ArgKind.Complex => torch.ScalarType.ComplexFloat64,
        _ => torch.ScalarType.Int64,
    };

    internal double AsDouble() => Kind switch
    {
        ArgKind.Double => BitConverter.Int64BitsToDouble(_bits),
        ArgKind.Complex => _complex.Real,
        _ => _bits,
    };

    internal long AsLong() => Kind is ArgKind.Double or ArgKind.Complex ? (long)AsDouble() : _bits;

    internal Complex AsComplex() => Kind == ArgKind.Complex ? _complex : AsDouble();

    public static implicit operator Scalar(byte value) => value.ToScalar();
    public static implicit operator Scalar(sbyte value) => value.ToScalar();
    public static implicit operator Scalar(short value) => value.ToScalar();
    public static implicit operator Scalar(int value) => value.ToScalar();
    public static implicit operator Scalar(long value) => value.ToScalar();
    public static implicit operator Scalar(Half value) => value.ToScalar();
    public static implicit operator Scalar(BFloat16 value) => value.ToScalar();
    public static implicit operator Scalar(float value) => value.ToScalar();
    public static implicit operator Scalar(double value) => value.ToScalar();
    public static implicit operator Scalar(bool value) => value.ToScalar();
    public static implicit operator Scalar((float, float) value) => value.ToScalar();
    public static implicit operator Scalar(Complex value) => value.ToScalar();

    // The real one owns native memory, and is of no use once disposed.
    public void Dispose() => _disposed = true;
}

public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this byte value) => new((long)value);
    public static Scalar ToScalar(this sbyte value) => new((long)value);
    public static Scalar ToScalar(this short value) => new((long)value);
    public static Scalar ToScalar(this int value) => new((long)value);
    public static Scalar ToScalar(this long value) => new(value);
    public static Scalar ToScalar(this float value) => new((double)value);
    public static Scalar ToScalar(this double value) => new(value);
    public static Scalar ToScalar(this bool value) => new(value);
    public static Scalar ToScalar(this (float, float) value) => new(new Complex(value.Item1, value.Item2));
    public static Scalar ToScalar(this Complex value) => new(value);
    public static Scalar ToScalar(this Half value) => new((double)value);
    public static Scalar ToScalar(this BFloat16 value) => new((double)value);
    public static Scalar ToBFloat16Scalar(this float value) => new((double)(BFloat16)value);

    public static Half ToHalf(this Scalar value) => (Half)value.AsDouble();
    public static BFloat16 ToBFloat16(this Scalar value) => (BFloat16)value.AsDouble();
    public static float ToSingle(this Scalar value) => (float)value.AsDouble();
    public static double ToDouble(this Scalar value) => value.AsDouble();
    public static sbyte ToSByte(this Scalar value) => (sbyte)value.AsLong();
    public static byte ToByte(this Scalar value) => (byte)value.AsLong();
    public static short ToInt16(this Scalar value) => (short)value.AsLong();
    public static int ToInt32(this Scalar value) => (int)value.AsLong();
    public static long ToInt64(this Scalar value) => value.AsLong();
    public static bool ToBoolean(this Scalar value) => value.AsDouble() != 0;

    public static (float Real, float Imaginary) ToComplexFloat32(this Scalar value) =>
        ((float)value.AsComplex().Real, (float)value.AsComplex().Imaginary);
    public static Complex ToComplexFloat64(this Scalar value) => value.AsComplex();
}
