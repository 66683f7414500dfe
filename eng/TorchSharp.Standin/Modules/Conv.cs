#nullable enable
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Conv1d Conv1d(long in_channels, long out_channels, long kernel_size, long stride = 1,
                long padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1,
                bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, kernel_size, stride, padding, null, dilation, groups, bias,
                    padding_mode, device, dtype);

            public static Conv1d Conv1d(long in_channels, long out_channels, long kernel_size, Padding padding,
                long stride = 1, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1,
                bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, kernel_size, stride, null, padding, dilation, groups, bias,
                    padding_mode, device, dtype);

            public static Conv2d Conv2d(long in_channels, long out_channels, long kernel_size, long stride = 1,
                long padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1,
                bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                Conv2d(in_channels, out_channels, (kernel_size, kernel_size), (stride, stride), (padding, padding),
                    (dilation, dilation), padding_mode, groups, bias, device, dtype);

            public static Conv2d Conv2d(long in_channels, long out_channels, (long, long) kernel_size,
                (long, long)? stride = null, (long, long)? padding = null, (long, long)? dilation = null,
                PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true,
                Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, kernel_size, stride ?? (1, 1), padding ?? (0, 0), null,
                    dilation ?? (1, 1), groups, bias, padding_mode, device, dtype);

            public static Conv2d Conv2d(long in_channels, long out_channels, long kernel_size, Padding padding,
                long stride = 1, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1,
                bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                Conv2d(in_channels, out_channels, (kernel_size, kernel_size), padding, (stride, stride),
                    (dilation, dilation), padding_mode, groups, bias, device, dtype);

            public static Conv2d Conv2d(long in_channels, long out_channels, (long, long) kernel_size,
                Padding padding, (long, long)? stride = null, (long, long)? dilation = null,
                PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true,
                Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, kernel_size, stride ?? (1, 1), null, padding, dilation ?? (1, 1),
                    groups, bias, padding_mode, device, dtype);
        }
    }
}

namespace TorchSharp.Modules
{
    public sealed class Conv1d : Convolution
    {
        internal Conv1d(long in_channels, long out_channels, long kernel_size, long stride, long? padding,
            Padding? padding_type, long dilation, long groups, bool bias, PaddingModes padding_mode, Device? device,
            ScalarType? dtype)
            : base(nameof(Conv1d), in_channels, out_channels, [kernel_size], [stride],
                padding is { } width ? [width] : null, padding_type, [dilation], false, [0], groups, bias,
                padding_mode, device, dtype)
        {
        }

        public override Tensor forward(Tensor input)
        {
            if (!ValidateShape(input, 1))
                throw new ArgumentException($"Conv1d takes (N, {in_channels}, L) or ({in_channels}, L).");
            if (padding_mode != PaddingModes.Zeros)
            {
                using var padded = F.pad(input, _reversed_padding_repeated_twice, padding_mode);
                return F.conv1d(padded, weight, bias, stride[0], 0, dilation[0], groups);
            }
            return padding_type is { } type
                ? F.conv1d_padding(input, weight, bias, stride[0], type, dilation[0], groups)
                : F.conv1d(input, weight, bias, stride[0], padding?[0], dilation[0], groups);
        }
    }

    public sealed class Conv2d : Convolution
    {
        internal Conv2d(long in_channels, long out_channels, (long, long) kernel_size, (long, long) stride,
            (long, long)? padding, Padding? padding_type, (long, long) dilation, long groups, bool bias,
            PaddingModes padding_mode, Device? device, ScalarType? dtype)
            : base(nameof(Conv2d), in_channels, out_channels, [kernel_size.Item1, kernel_size.Item2],
                [stride.Item1, stride.Item2], padding is var (height, width) ? [height, width] : null, padding_type,
                [dilation.Item1, dilation.Item2], false, [0, 0], groups, bias, padding_mode, device, dtype)
        {
        }

        public override Tensor forward(Tensor input)
        {
            if (!ValidateShape(input, 2))
                throw new ArgumentException($"Conv2d takes (N, {in_channels}, H, W) or ({in_channels}, H, W).");
            if (padding_mode != PaddingModes.Zeros)
            {
                using var padded = F.pad(input, _reversed_padding_repeated_twice, padding_mode);
                return F.conv2d(padded, weight, bias, stride, [0, 0], dilation, groups);
            }
            return padding_type is { } type
                ? F.conv2d_padding(input, weight, bias, stride, type, dilation, groups)
                : F.conv2d(input, weight, bias, stride, padding, dilation, groups);
        }
    }
}
