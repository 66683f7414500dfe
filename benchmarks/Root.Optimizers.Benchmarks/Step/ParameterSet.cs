using Shared;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Root.Optimizers.Benchmarks.Step;

/// <summary>The shapes of a model's matrices, times its layers.</summary>
internal static class ParameterSet
{
    private static readonly Dictionary<string, (int layers, long[][] shapes)> Known = new()
    {
        // GPT-2 (Radford et al., 2019), small: fused query, key and value; projection; up; down.
        ["gpt2-small"] = (12, [[2304, 768], [768, 768], [3072, 768], [768, 3072]]),
        // A Llama of 1 B parameters (as Llama 3.2 1B): query, key and value (grouped), output; gate, up, down.
        ["llama-1b"] = (16, [[2048, 2048], [512, 2048], [512, 2048], [2048, 2048], [8192, 2048], [8192, 2048], [2048, 8192]]),
        // samples/CharGpt.
        ["chargpt"] = (4, [[576, 192], [192, 192], [768, 192], [192, 768]]),
    };

    public static string Names => ModelName.Help(Known.Keys);

    /// <summary>The parameters of "NAME" or "NAME:LAYERS".</summary>
    /// <param name="text">What --params says.</param>
    /// <param name="gradient">
    /// Makes a matrix of given rows and columns. Every parameter of a shape has the same for its gradient, rows and columns in
    /// another order, which changes neither the singular values nor what clipping does.
    /// </param>
    /// <param name="device">Where all is.</param>
    public static List<Parameter> Make(string text, Func<long, long, Device, Tensor> gradient, Device device)
    {
        var (model, layers) = ModelName.Find(text, Known, model => model.layers);
        manual_seed(1);
        using var scope = NewDisposeScope();
        var made = model.shapes.Select(s => (s[0], s[1])).Distinct().ToDictionary(s => s, s => gradient(s.Item1, s.Item2, device));
        return Enumerable.Range(0, layers).SelectMany(_ => model.shapes).Select(shape =>
        {
            var (rows, columns) = (shape[0], shape[1]);
            var parameter = new Parameter(randn(shape, device: device).mul_(0.02));
            parameter.grad = made[(rows, columns)]
                .index_select(0, randperm(rows, device: device)).index_select(1, randperm(columns, device: device));
            parameter.DetachFromDisposeScope();
            return parameter;
        }).ToList();
    }
}
