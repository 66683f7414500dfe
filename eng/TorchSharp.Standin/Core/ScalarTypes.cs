namespace TorchSharp;

public static partial class torch
{
    public static ScalarType uint8 = ScalarType.Byte;
    public static ScalarType int8 = ScalarType.Int8;
    public static ScalarType int16 = ScalarType.Int16;
    public static ScalarType @short = ScalarType.Int16;
    public static ScalarType int32 = ScalarType.Int32;
    public static ScalarType @int = ScalarType.Int32;
    public static ScalarType int64 = ScalarType.Int64;
    public static ScalarType @long = ScalarType.Int64;
    public static ScalarType half = ScalarType.Float16;
    public static ScalarType float16 = ScalarType.Float16;
    public static ScalarType bfloat16 = ScalarType.BFloat16;
    public static ScalarType float32 = ScalarType.Float32;
    public static ScalarType @float = ScalarType.Float32;
    public static ScalarType float64 = ScalarType.Float64;
    public static ScalarType @double = ScalarType.Float64;
    public static ScalarType @bool = ScalarType.Bool;
    public static ScalarType complex64 = ScalarType.ComplexFloat32;
    public static ScalarType cfloat = ScalarType.ComplexFloat32;
    public static ScalarType complex128 = ScalarType.ComplexFloat64;
    public static ScalarType cdouble = ScalarType.ComplexFloat64;

    public static bool is_floating_point(ScalarType type) => type is ScalarType.Float16 or ScalarType.BFloat16
        or ScalarType.Float32 or ScalarType.Float64;

    public static bool is_complex(ScalarType type) => type is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;

    public static ScalarType promote_types(ScalarType type1, ScalarType type2) =>
        (ScalarType)Aten.CallLong("promote_types", type1, type2);
    public static ScalarType result_type(Tensor tensor1, Tensor tensor2) =>
        (ScalarType)Aten.CallLong("result_type.Tensor", tensor1, tensor2);
    public static bool can_cast(ScalarType from, ScalarType to) => Aten.CallBool("can_cast", from, to);

    /// <summary>The limits of a floating-point type.</summary>
    public struct FInfo
    {
        public int bits;
        public double eps;
        public double max;
        public double min;
        public double tiny;
        public double smallest_normal;
        public double resolution;
    }

    public static FInfo finfo() => finfo(get_default_dtype());

    // Exponent and mantissa bits, and the decimal digits that the type keeps, give all the rest.
    public static FInfo finfo(ScalarType dtype) => dtype switch
    {
        ScalarType.BFloat16 => Limits(8, 7, 2),
        ScalarType.Float16 => Limits(5, 10, 3),
        ScalarType.Float32 or ScalarType.ComplexFloat32 => Limits(8, 23, 6),
        ScalarType.Float64 or ScalarType.ComplexFloat64 => Limits(11, 52, 15),
        _ => throw new ArgumentException("Only floating-point and complex types have such limits.", nameof(dtype)),
    };

    private static FInfo Limits(int exponent, int mantissa, int digits)
    {
        var bias = (1 << (exponent - 1)) - 1;
        var eps = Math.ScaleB(1, -mantissa);
        var max = Math.ScaleB(2 - eps, bias);
        var smallest = Math.ScaleB(1, 1 - bias);
        return new FInfo
        {
            bits = 1 + exponent + mantissa,
            eps = eps,
            max = max,
            min = -max,
            tiny = smallest,
            smallest_normal = smallest,
            resolution = double.Parse($"1e-{digits}", System.Globalization.CultureInfo.InvariantCulture),
        };
    }

    public static bool is_integral(ScalarType type) => type is ScalarType.Byte or ScalarType.Int8 or ScalarType.Int16
        or ScalarType.Int32 or ScalarType.Int64 or ScalarType.Bool;
}
