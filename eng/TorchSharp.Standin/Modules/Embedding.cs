#nullable enable
using System.Diagnostics.CodeAnalysis;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Embedding Embedding(long num_embeddings, long embedding_dims, long? padding_idx = null,
                double? max_norm = null, double norm_type = 2.0, bool scale_grad_by_freq = false, bool sparse = false,
                Device? device = null, ScalarType? dtype = null)
            {
                var data = init.normal_(empty(num_embeddings, embedding_dims, device: CPU));
                if (padding_idx is { } row)
                {
                    using var padding = data.select(0, row);
                    init.zeros_(padding);
                }
                return new Embedding(Parameter(data), padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
                    .MoveModule<Embedding>(device, dtype);
            }
        }
    }
}

namespace TorchSharp.Modules
{
    public sealed class Embedding : nn.Module<Tensor, Tensor>
    {
        // What libtorch's module holds in TorchSharp. The registered parameter is a second object on the same tensor,
        // and goes with the dispose scope that the module was made in.
        [ComponentName(Name = nameof(weight))]
        private Tensor _native;
        private readonly long _padding_idx;
        private readonly double? _max_norm;
        private readonly double _norm_type;
        private readonly bool _scale_grad_by_freq;
        private readonly bool _sparse;

        internal Embedding(Parameter weight, long? padding_idx, double? max_norm, double norm_type,
            bool scale_grad_by_freq, bool sparse)
        {
            _padding_idx = padding_idx is { } row ? (row < 0 ? row + weight.shape[0] : row) : -1;
            _max_norm = max_norm;
            _norm_type = norm_type;
            _scale_grad_by_freq = scale_grad_by_freq;
            _sparse = sparse;
            _native = Held(weight);
            register_parameter(nameof(weight), weight);
        }

        internal override string NativeName => "torch::nn::EmbeddingImpl";

        /// <summary>
        /// A new object at each get, as from TorchSharp's native module: not the one that parameters() yields, and
        /// with a Handle of its own.
        /// </summary>
        [DisallowNull]
        public Parameter? weight
        {
            get => new(Native.Share(_native.Handle));
            set
            {
                _native.Dispose();
                _native = Held(value);
                ConditionallyRegisterParameter(nameof(weight), value);
            }
        }

        public override Tensor forward(Tensor input)
        {
            if (_max_norm is not { } limit)
                return Aten.Call("embedding", _native, input, _padding_idx, _scale_grad_by_freq, _sparse);
            using var indices = input.contiguous();
            using (no_grad()) Aten.CallInPlace("embedding_renorm_", _native, indices, limit, _norm_type);
            return Aten.Call("embedding", _native, indices, _padding_idx, _scale_grad_by_freq, _sparse);
        }

        private static Tensor Held(Tensor tensor) => tensor.alias().DetachFromDisposeScope();

        internal override void ReleaseNative() => _native.Dispose();

        internal override void ConvertNative(ScalarType? dtype, Device? device)
        {
            using var guard = no_grad();
            using var converted = _native.to(dtype ?? _native.dtype, device ?? _native.device);
            Aten.CallVoid("set_data", _native, converted);
        }
    }
}
