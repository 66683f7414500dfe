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
            public static LayerNorm LayerNorm(long[] normalized_shape, double eps = 1e-05,
                bool elementwise_affine = true, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(normalized_shape, eps, elementwise_affine, bias, device, dtype);

            public static LayerNorm LayerNorm(long normalized_shape, double eps = 1e-05,
                bool elementwise_affine = true, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new([normalized_shape], eps, elementwise_affine, bias, device, dtype);
        }
    }
}

namespace TorchSharp.Modules
{
    public sealed class LayerNorm : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = nameof(bias))]
        private Parameter? _bias;
        [ComponentName(Name = nameof(weight))]
        private Parameter? _weight;

        internal LayerNorm(long[] normalized_shape, double eps, bool elementwise_affine, bool bias, Device? device,
            ScalarType? dtype) : base(nameof(LayerNorm))
        {
            this.normalized_shape = normalized_shape;
            this.eps = eps;
            this.elementwise_affine = elementwise_affine;
            if (elementwise_affine)
            {
                weight = nn.Parameter(empty(normalized_shape, dtype, device));
                if (bias) this.bias = nn.Parameter(empty(normalized_shape, dtype, device));
            }
            reset_parameters();
        }

        public long[] normalized_shape { get; set; }

        public double eps { get; set; }

        public bool elementwise_affine { get; set; }

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

        public void reset_parameters()
        {
            if (elementwise_affine) nn.init.ones_(weight);
            if (bias is not null) nn.init.zeros_(bias);
        }

        public override Tensor forward(Tensor tensor) =>
            nn.functional.layer_norm(tensor, normalized_shape, weight, bias, eps);

        protected internal override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) =>
            ReplaceOwn(dtype, device);

        protected internal override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
            ReplaceOwn(null, new Device(deviceType, deviceIndex));

        protected internal override nn.Module _to(ScalarType dtype, bool non_blocking) => ReplaceOwn(dtype, null);
    }
}
