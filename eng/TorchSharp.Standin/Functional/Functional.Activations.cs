using Approximate = TorchSharp.Modules.GELU.Approximate;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            // In place, TorchSharp returns a second object on the same tensor, so that disposing it leaves the input.

            public static Tensor gelu(Tensor x) => gelu(x, false);

            public static Tensor gelu(Tensor x, bool inplace) => gelu(x, Approximate.none, inplace);

            public static Tensor gelu(Tensor x, Approximate approximate, bool inplace = false) =>
                Aten.Call(inplace ? "gelu_" : "gelu", x, approximate == Approximate.tanh ? "tanh" : "none");

            public static Tensor relu(Tensor x, bool inplace = false) => Aten.Call(inplace ? "relu_" : "relu", x);

            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) =>
                Aten.Call(inplace ? "leaky_relu_" : "leaky_relu", input, negative_slope);

            public static Tensor silu(Tensor x, bool inplace = false) => Aten.Call(inplace ? "silu_" : "silu", x);

            [Obsolete("Incorrect name capitalization", false)]
            public static Tensor SiLU(Tensor x, bool inplace = false) => silu(x, inplace);

            public static Tensor tanh(Tensor x, bool inplace = false) => Aten.Call(inplace ? "tanh_" : "tanh", x);

            public static Tensor sigmoid(Tensor x) => sigmoid(x, false);

            public static Tensor sigmoid(Tensor x, bool inplace) => Aten.Call(inplace ? "sigmoid_" : "sigmoid", x);

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) =>
                Aten.Call("softmax.int", input, dim, dtype);

            public static Tensor log_softmax(Tensor x, long dim) => Aten.Call("log_softmax.int", x, dim);

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                Aten.Call(inplace ? "dropout_" : "dropout", input, p, training);
        }
    }
}
