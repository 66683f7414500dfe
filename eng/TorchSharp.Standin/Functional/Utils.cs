#nullable enable
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            /// <summary>
            /// Scales all gradients together so that their norm is at most <paramref name="max_norm"/>; returns what
            /// it was.
            /// </summary>
            public static double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm,
                double norm_type = 2.0)
            {
                using var guard = no_grad();
                using var scope = NewDisposeScope();
                var gradients = Gradients(tensors);
                if (gradients.Count == 0) return 0;
                var norms = stack(gradients.Select(gradient => NormOf(gradient, norm_type)));
                var total = NormOf(norms, norm_type);
                var factor = (max_norm / (total + 1e-6)).clamp(max: 1.0);
                foreach (var gradient in gradients) gradient.mul_(factor);
                return total.ToDouble();
            }

            private static Tensor NormOf(Tensor tensor, double norm_type) =>
                double.IsPositiveInfinity(norm_type) ? tensor.abs().max() : Aten.Call("norm.Scalar", tensor, norm_type);

            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                using var guard = no_grad();
                using var scope = NewDisposeScope();
                foreach (var gradient in Gradients(tensors)) gradient.clamp_(-clip_value, clip_value);
            }

            private static List<Tensor> Gradients(IEnumerable<Parameter> parameters) =>
                [.. parameters.Select(parameter => parameter.grad!).Where(gradient => gradient is not null)];

            public static Tensor parameters_to_vector(IEnumerable<Parameter> tensors)
            {
                using var scope = NewDisposeScope();
                return cat([.. tensors.Select(parameter => parameter.view(-1))]).MoveToOuterDisposeScope();
            }

            public static void vector_to_parameters(Tensor vec, IEnumerable<Parameter> tensors)
            {
                using var scope = NewDisposeScope();
                var start = 0L;
                foreach (var parameter in tensors)
                {
                    var slice = vec.narrow(0, start, parameter.numel()).view_as(parameter).detach();
                    Aten.CallVoid("set_data", parameter, slice);
                    start += parameter.numel();
                }
            }
        }
    }
}
