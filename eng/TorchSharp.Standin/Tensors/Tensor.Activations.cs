#nullable enable
namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor relu() => Aten.Call("relu", this);
        public Tensor relu_() => Aten.CallInPlace("relu_", this);
        public Tensor relu6() => Aten.Call("relu6", this);
        public Tensor relu6_() => Aten.CallInPlace("relu6_", this);
        public Tensor leaky_relu(Scalar negative_slope) => Aten.Call("leaky_relu", this, negative_slope);
        public Tensor leaky_relu_(Scalar negative_slope) => Aten.CallInPlace("leaky_relu_", this, negative_slope);
        public Tensor elu(double alpha = 1.0) => elu(alpha, 1.0, 1.0);
        public Tensor elu(Scalar alpha, Scalar scale, Scalar input_scale) =>
            Aten.Call("elu", this, alpha, scale, input_scale);
        public Tensor elu_(double alpha = 1.0) => elu(alpha, 1.0, 1.0);
        public Tensor elu_(Scalar alpha, Scalar scale, Scalar input_scale) =>
            Aten.CallInPlace("elu_", this, alpha, scale, input_scale);
        public Tensor celu() => Aten.Call("celu", this);
        public Tensor celu(Scalar alpha) => Aten.Call("celu", this, alpha);
        public Tensor celu_() => Aten.CallInPlace("celu_", this);
        public Tensor celu_(Scalar alpha) => Aten.CallInPlace("celu_", this, alpha);
        public Tensor selu() => Aten.Call("selu", this);
        public Tensor selu_() => Aten.CallInPlace("selu_", this);
        public Tensor gelu() => Aten.Call("gelu", this);
        public Tensor gelu(Modules.GELU.Approximate approximate) => Aten.Call("gelu", this, approximate.ToString());
        public Tensor gelu_() => Aten.Call("gelu_", this);
        public Tensor gelu_(Modules.GELU.Approximate approximate) =>
            Aten.Call("gelu_", this, approximate.ToString());
        public Tensor silu() => Aten.Call("silu", this);
        public Tensor silu_() => Aten.CallInPlace("silu_", this);
        public Tensor sigmoid() => Aten.Call("sigmoid", this);
        public Tensor sigmoid_() => Aten.CallInPlace("sigmoid_", this);
        public Tensor hardsigmoid() => Aten.Call("hardsigmoid", this);
        public Tensor hardsigmoid_() => Aten.CallInPlace("hardsigmoid_", this);
        public Tensor hardswish() => Aten.Call("hardswish", this);
        public Tensor hardswish_() => Aten.CallInPlace("hardswish_", this);
        public Tensor hardtanh_(Scalar min, Scalar max) => Aten.CallInPlace("hardtanh_", this, min, max);
        public Tensor softplus(double beta = 1.0, double threshold = 20.0) =>
            Aten.Call("softplus", this, beta, threshold);
        public Tensor softmax(long dim, ScalarType? dtype = null) => Aten.Call("softmax.int", this, dim, dtype);
        public Tensor log_softmax(long dim, ScalarType? dtype = null) =>
            Aten.Call("log_softmax.int", this, dim, dtype);
        public Tensor log_sigmoid() => Aten.Call("log_sigmoid", this);
        public Tensor glu(long dim = -1) => Aten.Call("glu", this, dim);
        public Tensor prelu(Tensor target) => Aten.Call("prelu", this, target);
    }
}
