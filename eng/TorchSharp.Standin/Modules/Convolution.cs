#nullable enable
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp
{
    public enum PaddingModes
    {
        Zeros = 0,
        Reflect = 1,
        Replicate = 2,
        Circular = 3,
        Constant = 4,
    }

    public enum Padding
    {
        Valid = 0,
        Same = 1
    }
}

namespace TorchSharp.Modules
{
    public abstract class Convolution : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = nameof(bias))]
        protected Parameter? _bias;
        [ComponentName(Name = nameof(weight))]
        protected Parameter? _weight;

        /// <summary>What functional.pad takes, from the last dimension to the first.</summary>
        protected long[] _reversed_padding_repeated_twice = [];

        protected Convolution(string name, long in_channels, long out_channels, long[] kernel_size, long[] stride,
            long[]? padding, Padding? padding_type, long[] dilation, bool transposed, long[] output_padding,
            long groups, bool bias, PaddingModes padding_mode, Device? device = null, ScalarType? dtype = null)
            : base(name)
        {
            if (transposed && padding_mode != PaddingModes.Zeros)
                throw new ArgumentException("A transposed convolution pads with zeros only.", nameof(padding_mode));
            this.in_channels = in_channels;
            this.out_channels = out_channels;
            this.kernel_size = kernel_size;
            this.stride = stride;
            this.dilation = dilation;
            this.transposed = transposed;
            this.output_padding = output_padding;
            this.groups = groups;
            this.padding_mode = padding_mode;
            if (padding_type is { } type) SetPadding(type);
            else SetPadding(padding ?? new long[kernel_size.Length]);

            long[] shape = transposed
                ? [in_channels, out_channels / groups, .. kernel_size]
                : [out_channels, in_channels / groups, .. kernel_size];
            weight = nn.Parameter(empty(shape, device: device, dtype: dtype));
            if (bias) this.bias = nn.Parameter(empty(out_channels, device: device, dtype: dtype));
            reset_parameters();
        }

        public long in_channels { get; }

        public long out_channels { get; }

        public bool transposed { get; }

        public Padding? padding_type { get; private set; }

        public long[]? padding { get; private set; }

        public PaddingModes padding_mode { get; set; }

        public long groups { get; set; }

        public long[] kernel_size { get; set; }

        public long[] stride { get; set; }

        public long[] dilation { get; set; }

        public long[] output_padding { get; set; }

        public Parameter? bias
        {
            get => _bias;
            set => SetParameter(nameof(bias), ref _bias, value);
        }

        public Parameter weight
        {
            get => _weight!;
            set => SetParameter(nameof(weight), ref _weight, value);
        }

        public void reset_parameters() => nn.init.AsLinear(weight, bias);

        public void SetPadding(long[] padding)
        {
            padding_type = null;
            this.padding = padding;
            _reversed_padding_repeated_twice = [.. padding.Reverse().SelectMany(width => new[] { width, width })];
        }

        public void SetPadding(Padding padding)
        {
            if (transposed) throw new ArgumentException("A transposed convolution has no type of padding.");
            this.padding = null;
            padding_type = padding;
            _reversed_padding_repeated_twice = new long[2 * kernel_size.Length];
            if (padding != Padding.Same) return;
            if (stride.Any(width => width != 1))
                throw new ArgumentException("A strided convolution cannot keep the input's size.");
            for (var i = 0; i < kernel_size.Length; i++)
            {
                var total = dilation[i] * (kernel_size[i] - 1);
                _reversed_padding_repeated_twice[2 * i] = total / 2;
                _reversed_padding_repeated_twice[2 * i + 1] = total - total / 2;
            }
        }

        /// <summary>Whether the input is a batch of images of this many dimensions, or a single one.</summary>
        protected bool ValidateShape(Tensor input, long dimensions)
        {
            var shape = input.shape;
            return shape.Length == dimensions + 2 && shape[1] == in_channels
                || shape.Length == dimensions + 1 && shape[0] == in_channels;
        }

        protected internal override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) =>
            ReplaceOwn(dtype, device);

        protected internal override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
            ReplaceOwn(null, new Device(deviceType, deviceIndex));

        protected internal override nn.Module _to(ScalarType dtype, bool non_blocking) => ReplaceOwn(dtype, null);
    }
}
