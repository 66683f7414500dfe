#nullable enable
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null,
                ScalarType? dtype = null) => new(inputSize, outputSize, hasBias, device, dtype);

            public static Linear Linear(Parameter weight, Parameter? bias = null) => new(weight, bias);
        }
    }
}

namespace TorchSharp.Modules
{
    public sealed class Linear : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = nameof(bias))]
        private Parameter? _bias;
        [ComponentName(Name = nameof(weight))]
        private Parameter _weight = null!;

        internal Linear(Parameter weight, Parameter? bias) : base(nameof(Linear))
        {
            (out_features, in_features) = (weight.shape[0], weight.shape[1]);
            this.weight = weight;
            if (bias is not null) this.bias = bias;
        }

        internal Linear(long inputSize, long outputSize, bool hasBias, Device? device, ScalarType? dtype)
            : base(nameof(Linear))
        {
            (out_features, in_features) = (outputSize, inputSize);
            weight = empty(outputSize, inputSize, device: device, dtype: dtype).AsParameter();
            if (hasBias) bias = empty(outputSize, device: device, dtype: dtype).AsParameter();
            nn.init.AsLinear(weight, _bias);
        }

        public long in_features { get; set; }

        public long out_features { get; set; }

        public Parameter? bias
        {
            get => _bias;
            set => SetParameter(nameof(bias), ref _bias, value);
        }

        public Parameter weight
        {
            get => _weight;
            set => SetParameter(nameof(weight), ref _weight!, value);
        }

        public override Tensor forward(Tensor tensor) => nn.functional.linear(tensor, _weight, _bias);

        protected internal override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) =>
            ReplaceOwn(dtype, device);

        protected internal override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
            ReplaceOwn(null, new Device(deviceType, deviceIndex));

        protected internal override nn.Module _to(ScalarType dtype, bool non_blocking) => ReplaceOwn(dtype, null);
    }
}
