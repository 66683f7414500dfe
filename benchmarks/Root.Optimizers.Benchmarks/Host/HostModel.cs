using Shared;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Host;

/// <summary>The parameters of a model's blocks by their names, with every side cut to a few entries and different sides still
/// different.</summary>
internal static class HostModel
{
    /// <summary>What a side is divided by.</summary>
    private const long Cut = 192;

    private static readonly Dictionary<string, (int layers, (string name, long[] shape)[] block)> Known = new()
    {
        // GPT-2 (Radford et al., 2019), small: a block has four matrices with biases and two norms with biases.
        ["gpt2-small"] = (12,
        [
            ("ln_1.weight", [768]), ("ln_1.bias", [768]), ("attn.qkv.weight", [2304, 768]), ("attn.qkv.bias", [2304]),
            ("attn.proj.weight", [768, 768]), ("attn.proj.bias", [768]), ("ln_2.weight", [768]), ("ln_2.bias", [768]),
            ("mlp.up.weight", [3072, 768]), ("mlp.up.bias", [3072]), ("mlp.down.weight", [768, 3072]), ("mlp.down.bias", [768]),
        ]),
        // A Llama of 1 B parameters (as Llama 3.2 1B): no biases, two norms.
        ["llama-1b"] = (16,
        [
            ("norm_1.weight", [2048]), ("q.weight", [2048, 2048]), ("k.weight", [512, 2048]), ("v.weight", [512, 2048]),
            ("o.weight", [2048, 2048]), ("norm_2.weight", [2048]), ("gate.weight", [8192, 2048]), ("up.weight", [8192, 2048]),
            ("down.weight", [2048, 8192]),
        ]),
    };

    public static string Names => ModelName.Help(Known.Keys);

    public static (string, Parameter)[] Make(string text, Device device)
    {
        var (model, layers) = ModelName.Find(text, Known, model => model.layers);
        return [.. from layer in Enumerable.Range(0, layers)
                   from of in model.block
                   select ($"{layer}.{of.name}", new Parameter(Randn([.. of.shape.Select(side => side / Cut)], device)))];
    }

    /// <summary>On meta devices, which have no random numbers, an empty one.</summary>
    public static Tensor Randn(long[] shape, Device device) =>
        device.type == DeviceType.META ? empty(shape, device: device) : randn(shape, device: device);
}
