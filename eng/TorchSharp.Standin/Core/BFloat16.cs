#nullable enable
namespace TorchSharp;

/// <summary>The upper half of a float: its exponent and seven bits of its mantissa.</summary>
public readonly struct BFloat16 : IComparable<BFloat16>, IEquatable<BFloat16>, IComparable, IFormattable
{
    private readonly ushort _raw;

    private BFloat16(ushort raw) => _raw = raw;

    public BFloat16(float f) => _raw = Round(f);

    public static readonly BFloat16 Zero = new((ushort)0);
    public static readonly BFloat16 One = new(1f);
    public static readonly BFloat16 NaN = new((ushort)0x7FC0);
    public static readonly BFloat16 PositiveInfinity = new((ushort)0x7F80);
    public static readonly BFloat16 NegativeInfinity = new((ushort)0xFF80);
    public static readonly BFloat16 MaxValue = new((ushort)0x7F7F);
    public static readonly BFloat16 MinValue = new((ushort)0xFF7F);
    public static readonly BFloat16 Epsilon = new((ushort)0x3C00);
    public static readonly BFloat16 MinNormal = new((ushort)0x0080);
    public static readonly BFloat16 SmallestSubnormal = new((ushort)0x0001);

    public static BFloat16 FromRawValue(ushort rawValue) => new(rawValue);

    // To nearest, ties to even: what is cut off carries into the kept half where it is more than half of its last bit.
    private static ushort Round(float f)
    {
        if (float.IsNaN(f)) return 0x7FC0;
        var bits = BitConverter.SingleToUInt32Bits(f);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    public float ToSingle() => BitConverter.UInt32BitsToSingle((uint)_raw << 16);

    public static explicit operator float(BFloat16 bf) => bf.ToSingle();
    public static explicit operator double(BFloat16 bf) => bf.ToSingle();
    public static explicit operator BFloat16(float f) => new(f);
    public static explicit operator BFloat16(double d) => new((float)d);

    public static BFloat16 operator +(BFloat16 a, BFloat16 b) => new(a.ToSingle() + b.ToSingle());
    public static BFloat16 operator -(BFloat16 a, BFloat16 b) => new(a.ToSingle() - b.ToSingle());
    public static BFloat16 operator *(BFloat16 a, BFloat16 b) => new(a.ToSingle() * b.ToSingle());
    public static BFloat16 operator /(BFloat16 a, BFloat16 b) => new(a.ToSingle() / b.ToSingle());
    public static BFloat16 operator %(BFloat16 a, BFloat16 b) => new(a.ToSingle() % b.ToSingle());
    public static BFloat16 operator -(BFloat16 a) => new((ushort)(a._raw ^ 0x8000));

    public static bool operator ==(BFloat16 a, BFloat16 b) => a.ToSingle() == b.ToSingle();
    public static bool operator !=(BFloat16 a, BFloat16 b) => a.ToSingle() != b.ToSingle();
    public static bool operator <(BFloat16 a, BFloat16 b) => a.ToSingle() < b.ToSingle();
    public static bool operator >(BFloat16 a, BFloat16 b) => a.ToSingle() > b.ToSingle();
    public static bool operator <=(BFloat16 a, BFloat16 b) => a.ToSingle() <= b.ToSingle();
    public static bool operator >=(BFloat16 a, BFloat16 b) => a.ToSingle() >= b.ToSingle();

    public static bool IsNaN(BFloat16 bf) => float.IsNaN(bf.ToSingle());
    public static bool IsInfinity(BFloat16 bf) => float.IsInfinity(bf.ToSingle());
    public static bool IsPositiveInfinity(BFloat16 bf) => float.IsPositiveInfinity(bf.ToSingle());
    public static bool IsNegativeInfinity(BFloat16 bf) => float.IsNegativeInfinity(bf.ToSingle());
    public static bool IsFinite(BFloat16 bf) => float.IsFinite(bf.ToSingle());

    public int CompareTo(BFloat16 other) => ToSingle().CompareTo(other.ToSingle());
    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        BFloat16 other => CompareTo(other),
        _ => throw new ArgumentException("Only another BFloat16 can be compared with a BFloat16."),
    };

    public bool Equals(BFloat16 other) => ToSingle().Equals(other.ToSingle());
    public override bool Equals(object? obj) => obj is BFloat16 other && Equals(other);
    public override int GetHashCode() => ToSingle().GetHashCode();
    public override string ToString() => ToSingle().ToString();
    public string ToString(string? format, IFormatProvider? formatProvider) =>
        ToSingle().ToString(format, formatProvider);
}
