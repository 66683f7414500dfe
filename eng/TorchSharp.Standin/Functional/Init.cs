namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Fills tensors; draws the same random numbers as libtorch's own initializers.</summary>
        public static class init
        {
            public enum NonlinearityType
            {
                Linear = 0,
                Conv1D = 1,
                Conv2D = 2,
                Conv3D = 3,
                ConvTranspose1D = 4,
                ConvTranspose2D = 5,
                ConvTranspose3D = 6,
                Sigmoid = 7,
                Tanh = 8,
                ReLU = 9,
                LeakyReLU = 10
            }

            public enum FanInOut
            {
                FanIn = 0,
                FanOut = 1
            }

            public static double calculate_gain(NonlinearityType nonlinearity, double param = 0.0) =>
                nonlinearity switch
                {
                    NonlinearityType.Tanh => 5.0 / 3.0,
                    NonlinearityType.ReLU => Math.Sqrt(2.0),
                    NonlinearityType.LeakyReLU => Math.Sqrt(2.0 / (1 + Math.Pow(param, 2))),
                    _ => 1.0,
                };

            public static (long fanIn, long fanOut) CalculateFanInAndFanOut(Tensor tensor)
            {
                var shape = tensor.shape;
                if (shape.Length < 2)
                    throw new ArgumentException("A tensor of fewer than 2 dimensions has no fan in and fan out.");
                var field = shape.Skip(2).Aggregate(1L, (product, size) => product * size);
                return (shape[1] * field, shape[0] * field);
            }

            public static Tensor zeros_(Tensor tensor) => Fill(tensor, "zero_");

            public static Tensor ones_(Tensor tensor) => Fill(tensor, "fill_.Scalar", 1);

            public static Tensor constant_(Tensor tensor, Scalar val) => Fill(tensor, "fill_.Scalar", val);

            public static Tensor eye_(Tensor tensor)
            {
                using var guard = no_grad();
                using var diagonal = Aten.Call("diagonal", zeros_(tensor));
                Aten.CallInPlace("fill_.Scalar", diagonal, 1);
                return tensor;
            }

            // As in TorchSharp, a generator given to these three has no effect.

            public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator generator = null) =>
                Fill(tensor, "uniform_", low, high);

            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator generator = null) =>
                Fill(tensor, "normal_", mean, std);

            /// <summary>As TorchSharp has it, which multiplies by the mean and adds the standard deviation.</summary>
            public static Tensor trunc_normal_(Tensor tensor, double mean = 0.0, double std = 1.0, double a = -2.0,
                double b = 2.0, Generator generator = null)
            {
                // 2 P(x < bound) - 1 of the normal distribution is erf((bound - mean) / (std sqrt 2)).
                double Level(double bound)
                {
                    using var z = torch.tensor((bound - mean) / std / Math.Sqrt(2.0), ScalarType.Float64);
                    using var level = z.erf();
                    return level.ToDouble();
                }
                uniform_(tensor, Level(a), Level(b));
                Fill(tensor, "erfinv_");
                Fill(tensor, "mul_.Scalar", mean);
                Fill(tensor, "add_.Scalar", std);
                return Fill(tensor, "clamp_", a, b);
            }

            public static Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn,
                NonlinearityType nonlinearity = NonlinearityType.LeakyReLU)
            {
                var bound = Math.Sqrt(3.0) * KaimingDeviation(tensor, a, mode, nonlinearity);
                return uniform_(tensor, -bound, bound);
            }

            public static Tensor kaiming_normal_(Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn,
                NonlinearityType nonlinearity = NonlinearityType.LeakyReLU) =>
                normal_(tensor, 0, KaimingDeviation(tensor, a, mode, nonlinearity));

            private static double KaimingDeviation(Tensor tensor, double a, FanInOut mode,
                NonlinearityType nonlinearity)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return calculate_gain(nonlinearity, a) / Math.Sqrt(mode == FanInOut.FanIn ? fanIn : fanOut);
            }

            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1.0)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                var bound = Math.Sqrt(3.0) * (gain * Math.Sqrt(2.0 / (fanIn + fanOut)));
                return uniform_(tensor, -bound, bound);
            }

            /// <summary>Uniform too: so it is in TorchSharp.</summary>
            public static Tensor xavier_normal_(Tensor tensor, double gain = 1.0) => xavier_uniform_(tensor, gain);

            public static Tensor glorot_uniform_(Tensor tensor, double gain = 1.0) => xavier_uniform_(tensor, gain);

            public static Tensor glorot_normal_(Tensor tensor, double gain = 1.0) => xavier_normal_(tensor, gain);

            public static Tensor orthogonal_(Tensor tensor, double gain = 1.0)
            {
                if (tensor.ndim < 2)
                    throw new ArgumentException("A tensor of fewer than 2 dimensions cannot be orthogonal.");
                using var guard = no_grad();
                using var scope = NewDisposeScope();
                var rows = tensor.shape[0];
                var columns = tensor.numel() / rows;
                var drawn = randn(rows, columns, dtype: ScalarType.Float32, device: CPU);
                var factors = Aten.CallMany("linalg_qr", rows < columns ? drawn.t() : drawn);
                // The signs of R's diagonal make Q uniform over the orthogonal matrices.
                var basis = factors[0] * factors[1].diagonal().sign();
                tensor.view_as(rows < columns ? basis.t() : basis).copy_(rows < columns ? basis.t() : basis);
                tensor.mul_(gain);
                return tensor;
            }

            /// <summary>What Linear and the convolutions start from.</summary>
            internal static void AsLinear(Tensor weight, Tensor bias)
            {
                kaiming_uniform_(weight, Math.Sqrt(5));
                if (bias is null) return;
                var (fanIn, _) = CalculateFanInAndFanOut(weight);
                var bound = fanIn > 0 ? 1 / Math.Sqrt(fanIn) : 0;
                uniform_(bias, -bound, bound);
            }

            private static Tensor Fill(Tensor tensor, string op, params ReadOnlySpan<Arg> args)
            {
                using var guard = no_grad();
                return Aten.CallInPlace(op, tensor, args);
            }
        }
    }
}
