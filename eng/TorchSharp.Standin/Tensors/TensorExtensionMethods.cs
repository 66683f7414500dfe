#nullable enable
using System.Numerics;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp;

public static class TensorExtensionMethods
{
    public static Modules.Parameter AsParameter(this Tensor tensor) => new(tensor);

    public static int ElementSize(this ScalarType type) => type switch
    {
        ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool or ScalarType.QInt8 or ScalarType.QUInt8 => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 or ScalarType.QInt32 => 4,
        ScalarType.Int64 or ScalarType.Float64 or ScalarType.ComplexFloat32 => 8,
        ScalarType.ComplexFloat64 => 16,
        _ => throw new NotImplementedException(),
    };

    public static long TotalSize(this IEnumerable<long> shape) => shape.Aggregate(1L, (product, n) => product * n);

    public static string metastr(this Tensor tensor) => tensor.ToString();

    // The format: type, number of dimensions and their lengths in LEB128, then the bytes.
    public static void Save(this Tensor tensor, BinaryWriter writer)
    {
        if (tensor.device_type != DeviceType.CPU)
        {
            using var copy = tensor.to(CPU);
            copy.Save(writer);
            return;
        }
        writer.Encode((int)tensor.dtype);
        writer.Encode(tensor.ndim);
        foreach (var length in tensor.shape) writer.Encode(length);
        // What is written to the stream itself has to come after what the writer may hold back.
        writer.Flush();
        tensor.WriteBytesToStream(writer.BaseStream);
    }

    public static void Save(this Tensor tensor, Stream stream)
    {
        using var writer = new BinaryWriter(stream);
        tensor.Save(writer);
        stream.Flush();
    }

    public static void Save(this Tensor tensor, string location) => tensor.Save(File.Create(location));

    public static void Load(this Tensor tensor, BinaryReader reader, bool skip = false)
    {
        var type = (ScalarType)reader.Decode();
        if (type != tensor.dtype)
            throw new ArgumentException($"The data is {type}, the tensor {tensor.dtype}: not the same model.");
        ReadInto(tensor, ReadShape(reader), reader, skip);
    }

    public static Tensor Load(BinaryReader reader, bool skip = false)
    {
        Tensor? tensor = null;
        Load(ref tensor, reader, skip);
        return tensor!;
    }

    // Unlike the method above, this does not ask whether the types are the same.
    public static void Load(ref Tensor? tensor, BinaryReader reader, bool skip = false)
    {
        var type = (ScalarType)reader.Decode();
        var shape = ReadShape(reader);
        tensor ??= skip ? zeros(shape, type) : empty(shape, type);
        ReadInto(tensor, shape, reader, skip);
    }

    private static long[] ReadShape(BinaryReader reader)
    {
        var shape = new long[reader.Decode()];
        for (var i = 0; i < shape.Length; i++) shape[i] = reader.Decode();
        return shape;
    }

    private static void ReadInto(Tensor tensor, long[] shape, BinaryReader reader, bool skip)
    {
        if (skip)
        {
            reader.BaseStream.Seek(tensor.NumberOfElements * tensor.ElementSize, SeekOrigin.Current);
            return;
        }
        if (!shape.SequenceEqual(tensor.shape))
        {
            var (data, own) = (string.Join('x', shape), string.Join('x', tensor.shape));
            throw new ArgumentException($"The data is [{data}], the tensor [{own}]: not the same model.");
        }
        using var grad = no_grad();
        if (tensor.device_type == DeviceType.CPU)
        {
            tensor.ReadBytesFromStream(reader.BaseStream);
            return;
        }
        using var copy = zeros_like(tensor, device: CPU);
        copy.ReadBytesFromStream(reader.BaseStream);
        tensor.copy_(copy);
    }

    public static Tensor ToTensor<T>(this T[] rawArray, long[] dimensions, bool doCopy = false,
        bool requires_grad = false) => rawArray switch
    {
        bool[] a => tensor(a, dimensions, requires_grad: requires_grad),
        byte[] a when typeof(T) == typeof(byte) => tensor(a, dimensions, requires_grad: requires_grad),
        sbyte[] a => tensor(a, dimensions, requires_grad: requires_grad),
        short[] a => tensor(a, dimensions, requires_grad: requires_grad),
        int[] a => tensor(a, dimensions, requires_grad: requires_grad),
        long[] a => tensor(a, dimensions, requires_grad: requires_grad),
        float[] a => tensor(a, dimensions, requires_grad: requires_grad),
        double[] a => tensor(a, dimensions, requires_grad: requires_grad),
        BFloat16[] a => tensor(a, dimensions, requires_grad: requires_grad),
        _ => throw new NotImplementedException($"There are no tensors of {typeof(T)}."),
    };

    public static Tensor ToTensor<T>(this T scalar, Device? device = null, bool requires_grad = false)
        where T : struct
    {
        if (requires_grad && !is_floating_point(ToScalarType(typeof(T))))
            throw new ArgumentException("Only floating-point numbers have gradients.", nameof(requires_grad));
        return scalar switch
        {
            byte v => tensor(v, device, requires_grad),
            sbyte v => tensor(v, device, requires_grad),
            short v => tensor(v, device, requires_grad),
            int v => tensor(v, device, requires_grad),
            long v => tensor(v, null, device, requires_grad),
            float v => tensor(v, device, requires_grad),
            double v => tensor(v, null, device, requires_grad),
            BFloat16 v => tensor(v, null, device, requires_grad),
            _ => throw new NotImplementedException($"There are no tensors of {typeof(T)}."),
        };
    }

    public static Half ToHalf(this Tensor value) => value.ToScalar().ToHalf();
    public static BFloat16 ToBFloat16(this Tensor value) => value.ToScalar().ToBFloat16();
    public static float ToSingle(this Tensor value) => value.ToScalar().ToSingle();
    public static double ToDouble(this Tensor value) => value.ToScalar().ToDouble();
    public static sbyte ToSByte(this Tensor value) => value.ToScalar().ToSByte();
    public static byte ToByte(this Tensor value) => value.ToScalar().ToByte();
    public static short ToInt16(this Tensor value) => value.ToScalar().ToInt16();
    public static int ToInt32(this Tensor value) => value.ToScalar().ToInt32();
    public static long ToInt64(this Tensor value) => value.ToScalar().ToInt64();
    public static bool ToBoolean(this Tensor value) => value.ToScalar().ToBoolean();
    public static Complex ToComplexFloat64(this Tensor value) => value.ToScalar().ToComplexFloat64();
    public static Complex ToComplex64(this Tensor value) => value.ToScalar().ToComplexFloat64();
    public static (float Real, float Imaginary) ToComplexFloat32(this Tensor value) =>
        value.ToScalar().ToComplexFloat32();
    public static (float Real, float Imaginary) ToComplex32(this Tensor value) =>
        value.ToScalar().ToComplexFloat32();
}
