#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public static Tensor rand(long[] size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("rand", size, dtype, device, requires_grad, generator, names);
    public static Tensor rand(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("rand", size.ToArray(), dtype, device, requires_grad, generator, names);
    public static Tensor rand(long size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("rand", [size], dtype, device, requires_grad, generator, names);
    public static Tensor rand(long rows, long columns, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("rand", [rows, columns], dtype, device, requires_grad, generator, names);
    public static Tensor rand(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("rand", [dim0, dim1, dim2], dtype, device, requires_grad, generator, names);
    public static Tensor rand(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("rand", [dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator, names);
    public static Tensor rand(int size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("rand", [size], dtype, device, requires_grad, generator, names);
    public static Tensor rand(int rows, int columns, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("rand", [rows, columns], dtype, device, requires_grad, generator, names);
    public static Tensor rand(int dim0, int dim1, int dim2, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("rand", [dim0, dim1, dim2], dtype, device, requires_grad, generator, names);
    public static Tensor rand(int dim0, int dim1, int dim2, int dim3, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("rand", [dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator, names);

    public static Tensor randn(long[] size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("randn", size, dtype, device, requires_grad, generator, names);
    public static Tensor randn(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("randn", size.ToArray(), dtype, device, requires_grad, generator, names);
    public static Tensor randn(long size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("randn", [size], dtype, device, requires_grad, generator, names);
    public static Tensor randn(long rows, long columns, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("randn", [rows, columns], dtype, device, requires_grad, generator, names);
    public static Tensor randn(long dim0, long dim1, long dim2, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("randn", [dim0, dim1, dim2], dtype, device, requires_grad, generator, names);
    public static Tensor randn(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("randn", [dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator, names);
    public static Tensor randn(int size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("randn", [size], dtype, device, requires_grad, generator, names);
    public static Tensor randn(int rows, int columns, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("randn", [rows, columns], dtype, device, requires_grad, generator, names);
    public static Tensor randn(int dim0, int dim1, int dim2, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("randn", [dim0, dim1, dim2], dtype, device, requires_grad, generator, names);
    public static Tensor randn(int dim0, int dim1, int dim2, int dim3, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Random("randn", [dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator, names);

    public static Tensor randint(long high, Size size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(0, high, size, dtype, device, requires_grad, generator, names);
    public static Tensor randint(long high, long[] size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(0, high, new Size(size), dtype, device, requires_grad, generator, names);
    public static Tensor randint(long low, long high, long[] size, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(low, high, new Size(size), dtype, device, requires_grad, generator, names);
    public static Tensor randint(int low, int high, int[] size, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(low, high, new Size(size), dtype, device, requires_grad, generator, names);
    public static Tensor randint(int high, int[] size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randint(0, high, new Size(size), dtype, device, requires_grad, generator, names);
    public static Tensor normal(double mean, double std, ReadOnlySpan<long> size, ScalarType? dtype = null,
        Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randn(size, dtype, device, requires_grad: false, generator,
            names).mul_(std).add_(mean).requires_grad_(requires_grad);
    public static Tensor normal(Tensor mean, Tensor std, Generator? generator = null) =>
        std.device_type == mean.device_type && std.device_index == mean.device_index
            ? randn(mean.shape, null, std.device, false, generator, names: null) * std + mean
            : throw new ArgumentException("The means and the deviations are on different devices.");
    public static Tensor bernoulli(Tensor input, Generator? generator = null) => input.bernoulli(generator);
    public static Tensor multinomial(Tensor input, long num_samples, bool replacement = false,
        Generator? generator = null) =>
        input.multinomial(num_samples, replacement, generator);
    public static Tensor poisson(Tensor input, Generator? generator = null) => input.poisson(generator);
    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null) =>
        Aten.Call("randperm.generator", n, generator, dtype ?? ScalarType.Int64, Arg.None,
            InitializeDevice(device));
    public static Tensor randperm(long n, Tensor @out, Generator? generator = null) =>
        Aten.Call("randperm.generator_out", n, generator, @out);

    public static Tensor randint(long low, long high, Size size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null)
    {
        RefuseNames(names);
        var type = dtype ?? ScalarType.Int64;
        RequireRange(low, type, nameof(low));
        RequireRange(high - 1, type, nameof(high));
        return Aten.Call("randint.low_generator", low, high, size.Shape, generator, type, Arg.None,
            InitializeDevice(device)).requires_grad_(requires_grad);
    }

    private static void RequireRange(long value, ScalarType type, string argument)
    {
        var (least, most) = type switch
        {
            ScalarType.Byte => (byte.MinValue, byte.MaxValue),
            ScalarType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            ScalarType.Int16 => (short.MinValue, short.MaxValue),
            ScalarType.Int32 => (int.MinValue, int.MaxValue),
            _ => (long.MinValue, long.MaxValue),
        };
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(argument, value, $"{type} does not hold this number.");
    }

    private static Tensor Random(string op, long[] size, ScalarType? dtype, Device? device, bool requires_grad,
        Generator? generator, string[]? names)
    {
        RefuseNames(names);
        if (dtype is { } given && is_integral(given))
            throw new ArgumentException($"{given} is neither a floating-point nor a complex type.", nameof(dtype));
        return Aten.Call(op + ".generator", size, generator, dtype ?? get_default_dtype(), Arg.None,
            InitializeDevice(device)).requires_grad_(requires_grad);
    }
}
