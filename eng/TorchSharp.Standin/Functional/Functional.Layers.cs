#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) =>
                Aten.Call("linear", input, weights, bias!);

            public static Tensor conv1d(Tensor input, Tensor weight, Tensor? bias = null, long? stride = null,
                long? padding = null, long? dilation = null, long groups = 1) =>
                Aten.Call("conv1d", input, weight, bias!, stride ?? 1, padding ?? 0, dilation ?? 1, groups);

            public static Tensor conv1d_padding(Tensor input, Tensor weight, Tensor? bias = null, long? stride = null,
                Padding padding = Padding.Valid, long? dilation = null, long groups = 1) =>
                Aten.Call("conv1d.padding", input, weight, bias!, stride ?? 1, Name(padding), dilation ?? 1, groups);

            public static Tensor conv2d(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null,
                long[]? padding = null, long[]? dilation = null, long groups = 1) =>
                Aten.Call("conv2d", input, weight, bias!, strides ?? [1], padding ?? [0], dilation ?? [1], groups);

            public static Tensor conv2d_padding(Tensor input, Tensor weight, Tensor? bias = null,
                long[]? strides = null, Padding padding = Padding.Valid, long[]? dilation = null, long groups = 1) =>
                Aten.Call("conv2d.padding", input, weight, bias!, strides ?? [1], Name(padding), dilation ?? [1],
                    groups);

            private static string Name(Padding padding) => padding == Padding.Same ? "same" : "valid";

            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null,
                Tensor? bias = null, double eps = 1e-5) =>
                Aten.Call("layer_norm", input, normalized_shape, weight!, bias!, eps);

            public static Tensor batch_norm(Tensor input, Tensor? running_mean, Tensor? running_var,
                Tensor? weight = null, Tensor? bias = null, bool training = false, double momentum = 0.1,
                double eps = 1e-5) =>
                Aten.Call("batch_norm", input, weight!, bias!, running_mean!, running_var!, training, momentum, eps,
                    false);

            public static Tensor normalize(Tensor input, double p = 2.0, long dim = 1L, double eps = 1e-12)
            {
                using var norm = Aten.Call("norm.ScalarOpt_dim", input, p, dim, true);
                using var floored = Aten.Call("clamp_min", norm, eps);
                return Aten.Call("div.Tensor", input, floored);
            }

#nullable disable
            public static Tensor one_hot(Tensor x, long num_classes = -1) =>
                x.dtype == ScalarType.Int64
                    ? Aten.Call("one_hot", x, num_classes)
                    : throw new ArgumentException("one_hot takes integers of 64 bits.");
#nullable enable

            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant,
                double value = 0) => mode switch
                {
                    PaddingModes.Reflect => Aten.Call("pad", input, pad, "reflect"),
                    PaddingModes.Replicate => Aten.Call("pad", input, pad, "replicate"),
                    PaddingModes.Circular => Aten.Call("pad", input, pad, "circular"),
                    _ => Aten.Call("pad", input, pad, "constant", value),
                };

            public static Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant,
                double value = 0) => functional.pad(input, pad.ToArray(), mode, value);

            public static Tensor pad(Tensor input, (long, long) pad, PaddingModes mode = PaddingModes.Constant,
                double value = 0) => functional.pad(input, [pad.Item1, pad.Item2], mode, value);

            public static Tensor pad(Tensor input, (long, long, long, long) pad,
                PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, [pad.Item1, pad.Item2, pad.Item3, pad.Item4], mode, value);

            public static Tensor pad(Tensor input, long pad, PaddingModes mode = PaddingModes.Constant,
                double value = 0)
            {
                var width = new long[2 * input.ndim];
                Array.Fill(width, pad);
                return functional.pad(input, width, mode, value);
            }
        }
    }
}
