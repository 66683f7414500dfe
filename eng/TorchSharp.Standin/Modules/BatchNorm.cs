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
            public static BatchNorm1d BatchNorm1d(long num_features, double eps = 1e-05, double momentum = 0.1,
                bool affine = true, bool track_running_stats = true, Device? device = null, ScalarType? dtype = null) =>
                new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

            public static BatchNorm2d BatchNorm2d(long num_features, double eps = 1e-05, double momentum = 0.1,
                bool affine = true, bool track_running_stats = true, Device? device = null, ScalarType? dtype = null) =>
                new(num_features, eps, momentum, affine, track_running_stats, device, dtype);
        }
    }
}

namespace TorchSharp.Modules
{
    public abstract class NormBase : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = nameof(bias))]
        private Parameter? _bias;
        [ComponentName(Name = nameof(weight))]
        private Parameter? _weight;
        [ComponentName(Name = nameof(running_mean))]
        private Tensor? _running_mean;
        [ComponentName(Name = nameof(running_var))]
        private Tensor? _running_var;
        [ComponentName(Name = nameof(num_batches_tracked))]
        private Tensor? _num_batches_tracked;

        public NormBase(long num_features, double eps, double? momentum, bool affine, bool track_running_stats,
            Device? device, ScalarType? dtype, string name) : base(name)
        {
            this.num_features = num_features;
            this.eps = eps;
            this.momentum = momentum;
            this.affine = affine;
            this.track_running_stats = track_running_stats;
            if (affine)
            {
                weight = nn.Parameter(empty(num_features, dtype, device));
                bias = nn.Parameter(empty(num_features, dtype, device));
            }
            if (track_running_stats)
            {
                running_mean = zeros(num_features, dtype, device);
                running_var = ones(num_features, dtype, device);
                num_batches_tracked = tensor(0L, dtype, device);
            }
            reset_parameters();
        }

        public long num_features { get; private set; }

        public double eps { get; set; }

        public double? momentum { get; set; }

        public bool affine { get; private set; }

        public bool track_running_stats { get; private set; }

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

        public Tensor? running_mean
        {
            get => _running_mean;
            set => SetBuffer(nameof(running_mean), ref _running_mean, value);
        }

        public Tensor? running_var
        {
            get => _running_var;
            set => SetBuffer(nameof(running_var), ref _running_var, value);
        }

        public Tensor? num_batches_tracked
        {
            get => _num_batches_tracked;
            set => SetBuffer(nameof(num_batches_tracked), ref _num_batches_tracked, value);
        }

        public void reset_running_stats()
        {
            if (!track_running_stats) return;
            nn.init.zeros_(_running_mean!);
            nn.init.ones_(_running_var!);
            nn.init.zeros_(_num_batches_tracked!);
        }

        public void reset_parameters()
        {
            reset_running_stats();
            if (!affine) return;
            nn.init.ones_(_weight!);
            nn.init.zeros_(_bias!);
        }

        protected abstract void ValidateInputDimensions(Tensor input);

        protected internal override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) =>
            ReplaceOwn(dtype, device);

        protected internal override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
            ReplaceOwn(null, new Device(deviceType, deviceIndex));

        protected internal override nn.Module _to(ScalarType dtype, bool non_blocking) => ReplaceOwn(dtype, null);
    }

    public abstract class BatchNorm : NormBase
    {
        public BatchNorm(long num_features, double eps, double momentum, bool affine, bool track_running_stats,
            Device? device, ScalarType? dtype, string name)
            : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, name)
        {
        }

        public override Tensor forward(Tensor input)
        {
            ValidateInputDimensions(input);
            var average = momentum ?? 0;
            if (training && track_running_stats && num_batches_tracked is not null)
            {
                num_batches_tracked.add_(1);
                // Without a momentum, the plain mean over all batches.
                average = momentum ?? 1.0 / num_batches_tracked.ToDouble();
            }
            var useBatch = training || (running_mean is null && running_var is null);
            var useRunning = !training || track_running_stats;
            return nn.functional.batch_norm(input, useRunning ? running_mean : null, useRunning ? running_var : null,
                weight, bias, useBatch, average, eps);
        }
    }

    public sealed class BatchNorm1d : BatchNorm
    {
        internal BatchNorm1d(long num_features, double eps, double momentum, bool affine, bool track_running_stats,
            Device? device, ScalarType? dtype)
            : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(BatchNorm1d))
        {
        }

        protected override void ValidateInputDimensions(Tensor input)
        {
            if (input.ndim is not (2 or 3))
                throw new ArgumentException($"BatchNorm1d takes 2 or 3 dimensions, not {input.ndim}.");
        }
    }

    public sealed class BatchNorm2d : BatchNorm
    {
        // TorchSharp gives it the name of the other.
        internal BatchNorm2d(long num_features, double eps, double momentum, bool affine, bool track_running_stats,
            Device? device, ScalarType? dtype)
            : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(BatchNorm1d))
        {
        }

        protected override void ValidateInputDimensions(Tensor input)
        {
            if (input.ndim != 4) throw new ArgumentException($"BatchNorm2d takes 4 dimensions, not {input.ndim}.");
        }
    }
}
