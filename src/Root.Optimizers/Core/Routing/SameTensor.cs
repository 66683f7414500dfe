using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Core.Routing;

/// <summary>
/// Whether two objects wrap one tensor. TorchSharp's nn.Embedding returns a new Parameter at each get, so a tied head holds another
/// object than the embedding, and <c>model.parameters()</c> yields both. TorchSharp shows neither the tensor behind a wrapper nor,
/// for every type, its memory; but what is set through one wrapper is seen through the other.
/// </summary>
internal static class SameTensor
{
    public static bool Is(Parameter a, Parameter b)
    {
        if (ReferenceEquals(a, b)) return true;
        if (!a.is_floating_point() || Key(a) != Key(b) || a.requires_grad != b.requires_grad) return false;
        var requires = a.requires_grad;
        a.requires_grad = !requires;
        var same = b.requires_grad == !requires;
        a.requires_grad = requires;
        return same;
    }

    /// <summary>Equal for wrappers of one tensor, so that only few parameters need to be compared.</summary>
    public static (ScalarType, string) Key(Parameter parameter) => (parameter.dtype, string.Join("x", parameter.shape));
}
