using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Tests.Support;

public static class Models
{
    public static Parameter Parameter(params long[] shape) => Parameter(ScalarType.Float32, shape);

    public static Parameter Parameter(ScalarType dtype, params long[] shape) =>
        new(randn(shape).to(dtype).OnDevice());

    /// <summary>Sets the gradient, on the parameter's device and in its type.</summary>
    public static void Gradient(Parameter parameter, Tensor gradient) =>
        parameter.grad = gradient.to(parameter.dtype, parameter.device);

    public static void RandomGradients(IEnumerable<Parameter> parameters)
    {
        foreach (var parameter in parameters) Gradient(parameter, randn(parameter.shape));
    }

    public static nn.Module<Tensor, Tensor> Mlp() => nn.Sequential(
        ("hidden", nn.Linear(12, 20)), ("act", nn.ReLU()), ("middle", nn.Linear(20, 20)), ("act2", nn.ReLU()),
        ("out", nn.Linear(20, 4))).to(TestDevice.Device);
}
